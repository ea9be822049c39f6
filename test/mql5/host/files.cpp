// Files in a sandbox folder. What is written stays in the program's buffer until FileFlush or FileClose, so that a
// killed program loses it, as in the terminal.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <map>
#include <vector>
#ifdef _WIN32
#include <share.h>
#else
#include <fcntl.h>
#include <sys/file.h>
#endif

#include "terminal.hpp"

namespace mql {

namespace fs = std::filesystem;

namespace {

struct OpenFile {
  std::string name;
  std::FILE *stream = nullptr;
  bool readable = false;
  bool writable = false;
  ulong position = 0;
  ulong flushedSize = 0;
  /** Bytes that are not yet on disk, and where they belong. */
  std::vector<uchar> pending;
  ulong pendingAt = 0;
};

std::map<int, OpenFile> g_files;
int g_nextHandle = 1;

constexpr int kCannotOpen = 5004;
constexpr int kWrongName = 5002;
constexpr int kNotExist = 5019;

bool Resolve(const string &name, int common, fs::path &path) {
  std::string text = ToUtf8(name);
  for (char &unit : text) {
    if (unit == '\\') unit = '/';
  }
  const fs::path relative(text);
  bool inside = !text.empty() && relative.is_relative() && !relative.has_root_name();
  for (const fs::path &part : relative) inside = inside && part != "..";
  if (!inside) {
    SetLastError(kWrongName);
    return false;
  }
  path = fs::path(g_terminal.options.files) / ((common & FILE_COMMON) != 0 ? "Common" : "Files") / relative;
  return true;
}

std::FILE *OpenStream(const fs::path &path, bool write, bool truncate, int share) {
  std::error_code ignored;
  const bool there = fs::exists(path, ignored);
  const char *mode = truncate || (write && !there) ? "w+b" : write ? "r+b" : "rb";
#ifdef _WIN32
  const int flag = share == 0 ? _SH_DENYRW : (share & FILE_SHARE_WRITE) == 0 ? _SH_DENYWR : _SH_DENYNO;
  std::wstring wide;
  for (const char *unit = mode; *unit != '\0'; unit++) wide.push_back(static_cast<wchar_t>(*unit));
  return _wfsopen(path.c_str(), wide.c_str(), flag);
#else
  // Lock before truncating: a second opener must not empty the file of the first.
  const int flags = (write ? O_RDWR | O_CREAT : O_RDONLY) | O_CLOEXEC;
  const int descriptor = ::open(path.c_str(), flags, 0600);
  if (descriptor < 0) return nullptr;
  const bool locked = ::flock(descriptor, (share == 0 ? LOCK_EX : LOCK_SH) | LOCK_NB) == 0;
  const bool emptied = locked && (!truncate || ::ftruncate(descriptor, 0) == 0);
  std::FILE *stream = emptied ? ::fdopen(descriptor, truncate || write ? "r+b" : mode) : nullptr;
  if (stream == nullptr) ::close(descriptor);
  return stream;
#endif
}

OpenFile &Find(int handle) {
  const auto found = g_files.find(handle);
  if (found == g_files.end()) Critical("file function with an invalid handle");
  return found->second;
}

ulong SizeOf(const OpenFile &file) {
  const ulong end = file.pending.empty() ? 0 : file.pendingAt + file.pending.size();
  return end > file.flushedSize ? end : file.flushedSize;
}

/** Nobody can be asked any more once the controlling process has gone. */
bool Gated() {
  if (!g_terminal.gatesWrites) return false;
  const std::lock_guard<std::mutex> lock(g_terminal.mutex);
  return !g_terminal.inputClosed;
}

/** How many of the bytes the disk takes. FileFlush has no result: a program is not told of those that it does not take. */
std::size_t RoomFor(const OpenFile &file) {
  const std::size_t wanted = file.pending.size();
  if (!Gated()) return wanted;
  const std::string text(file.pending.begin(), file.pending.end());
  const Json reply = g_terminal.Ask("fileWrite", "{\"name\":" + JsonText(file.name) + ",\"text\":" + JsonText(text) + "}");
  if (reply["room"].IsNull()) return wanted;
  return std::min(wanted, static_cast<std::size_t>(reply["room"].Unsigned()));
}

void Flush(OpenFile &file) {
  if (file.pending.empty()) return;
  const std::size_t room = RoomFor(file);
  std::fseek(file.stream, static_cast<long>(file.pendingAt), SEEK_SET);
  const std::size_t done = std::fwrite(file.pending.data(), 1, room, file.stream);
  if (done != room || std::fflush(file.stream) != 0) Critical("cannot write a file of the sandbox");
  const ulong end = file.pendingAt + room;
  if (end > file.flushedSize) file.flushedSize = end;
  file.pending.clear();
  if (Gated()) g_terminal.Ask("fileWritten", "{\"name\":" + JsonText(file.name) + "}");
}

}  // namespace

int FileOpen(const string &name, int flags) {
  fs::path path;
  if ((flags & FILE_BIN) == 0) Critical("FileOpen: only FILE_BIN is supported here");
  if (!Resolve(name, flags, path)) return INVALID_HANDLE;
  const bool read = (flags & FILE_READ) != 0;
  const bool write = (flags & FILE_WRITE) != 0;
  std::error_code error;
  if (write) fs::create_directories(path.parent_path(), error);
  OpenFile file;
  file.stream = OpenStream(path, write, write && !read, flags & (FILE_SHARE_READ | FILE_SHARE_WRITE));
  if (file.stream == nullptr) {
    SetLastError(fs::exists(path, error) ? kCannotOpen : kNotExist);
    return INVALID_HANDLE;
  }
  file.name = ToUtf8(name);
  file.readable = read;
  file.writable = write;
  std::fseek(file.stream, 0, SEEK_END);
  file.flushedSize = static_cast<ulong>(std::ftell(file.stream));
  const int handle = g_nextHandle++;
  g_files.emplace(handle, std::move(file));
  return handle;
}

void FileClose(int handle) {
  OpenFile &file = Find(handle);
  Flush(file);
  std::fclose(file.stream);
  g_files.erase(handle);
}

void FileFlush(int handle) { Flush(Find(handle)); }

bool FileDelete(const string &name, int common) {
  fs::path path;
  std::error_code error;
  return Resolve(name, common, path) && fs::remove(path, error);
}

bool FileMove(const string &source, int common, const string &target, int mode) {
  fs::path from;
  fs::path to;
  std::error_code error;
  if (!Resolve(source, common, from) || !Resolve(target, mode, to)) return false;
  if (fs::exists(to, error)) {
    if ((mode & FILE_REWRITE) == 0) return false;
    fs::remove(to, error);
  }
  fs::create_directories(to.parent_path(), error);
  fs::rename(from, to, error);
  return !error;
}

bool FileIsExist(const string &name, int common) {
  fs::path path;
  std::error_code error;
  const bool there = Resolve(name, common, path) && fs::is_regular_file(path, error);
  if (!there) SetLastError(kNotExist);
  return there;
}

bool FolderCreate(const string &name, int common) {
  fs::path path;
  std::error_code error;
  if (!Resolve(name, common, path)) return false;
  fs::create_directories(path, error);
  return !error;
}

bool FileSeek(int handle, mlong offset, ENUM_FILE_POSITION origin) {
  OpenFile &file = Find(handle);
  const mlong base = origin == SEEK_SET ? 0 : origin == SEEK_CUR ? static_cast<mlong>(file.position) : static_cast<mlong>(SizeOf(file));
  if (base + offset < 0) return false;
  file.position = static_cast<ulong>(base + offset);
  return true;
}

ulong FileSize(int handle) { return SizeOf(Find(handle)); }
ulong FileTell(int handle) { return Find(handle).position; }

std::size_t FileReadBytes(int handle, void *target, std::size_t count) {
  OpenFile &file = Find(handle);
  if (!file.readable) return 0;
  Flush(file);
  std::fseek(file.stream, static_cast<long>(file.position), SEEK_SET);
  const std::size_t done = std::fread(target, 1, count, file.stream);
  file.position += done;
  return done;
}

std::size_t FileWriteBytes(int handle, const void *source, std::size_t count) {
  OpenFile &file = Find(handle);
  if (!file.writable) return 0;
  if (!file.pending.empty() && file.pendingAt + file.pending.size() != file.position) Flush(file);
  if (file.pending.empty()) file.pendingAt = file.position;
  const uchar *bytes = static_cast<const uchar *>(source);
  file.pending.insert(file.pending.end(), bytes, bytes + count);
  file.position += count;
  return count;
}

}  // namespace mql
