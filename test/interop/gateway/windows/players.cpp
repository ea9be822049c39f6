// Plays the programs of Windows that the gateway starts there. Each player is a copy of this program under the name of
// the program it plays, and writes what it was asked to do as a line of JSON to players.jsonl in %GATEWAY_PLAYERS%.
#include <windows.h>
#include <sddl.h>
#include <shellapi.h>
#include <tlhelp32.h>
#include <string>
#include <vector>

using std::string;
using std::vector;
using std::wstring;

static string json(const wstring& text) {
  string out = "\"";
  char unit[8];
  for (wchar_t letter : text) {
    if (letter >= ' ' && letter < 127 && letter != '"' && letter != '\\') out += static_cast<char>(letter);
    else {
      wsprintfA(unit, "\\u%04x", letter);
      out += unit;
    }
  }
  return out + "\"";
}

static string json(const vector<wstring>& list) {
  string out = "[";
  for (const wstring& item : list) out += (out.size() > 1 ? "," : "") + json(item);
  return out + "]";
}

static wstring environment(const wchar_t* name) {
  wchar_t value[4096];
  const DWORD length = GetEnvironmentVariableW(name, value, 4096);
  return wstring(value, length < 4096 ? length : 0);
}

static wstring inFolder(const wchar_t* name) { return environment(L"GATEWAY_PLAYERS") + L"\\" + name; }

static void record(const string& line) {
  const HANDLE file = CreateFileW(inFolder(L"players.jsonl").c_str(), FILE_APPEND_DATA, FILE_SHARE_READ | FILE_SHARE_WRITE,
                                  nullptr, OPEN_ALWAYS, 0, nullptr);
  const string whole = line + "\n";
  DWORD written = 0;
  WriteFile(file, whole.data(), static_cast<DWORD>(whole.size()), &written, nullptr);
  CloseHandle(file);
}

static void print(const string& text) {
  DWORD written = 0;
  WriteFile(GetStdHandle(STD_OUTPUT_HANDLE), text.data(), static_cast<DWORD>(text.size()), &written, nullptr);
}

/// Whether a file was put there to tell this player something; takes it away.
static bool told(const wchar_t* name) { return DeleteFileW(inFolder(name).c_str()) != 0; }

/// Nothing is left behind by a test that failed: its folder is gone, and so are its players.
static bool forgotten() { return GetFileAttributesW(environment(L"GATEWAY_PLAYERS").c_str()) == INVALID_FILE_ATTRIBUTES; }

static wstring self() {
  wchar_t path[MAX_PATH];
  GetModuleFileNameW(nullptr, path, MAX_PATH);
  return path;
}

static wstring sidText(PSID sid) {
  LPWSTR text = nullptr;
  if (!ConvertSidToStringSidW(sid, &text)) return L"?";
  const wstring copy = text;
  LocalFree(text);
  return copy;
}

static bool start(const wstring& commandLine, HANDLE input, PROCESS_INFORMATION* process) {
  STARTUPINFOW startup = {};
  startup.cb = sizeof startup;
  if (input != nullptr) {
    startup.dwFlags = STARTF_USESTDHANDLES;
    startup.hStdInput = input;
    startup.hStdOutput = GetStdHandle(STD_OUTPUT_HANDLE);
    startup.hStdError = GetStdHandle(STD_ERROR_HANDLE);
  }
  vector<wchar_t> writable(commandLine.begin(), commandLine.end());
  writable.push_back(0);
  return CreateProcessW(nullptr, writable.data(), nullptr, nullptr, input != nullptr, 0, nullptr, nullptr, &startup, process);
}

/// Reads /config: as the terminal does: to the closing quote, or without quotes to the next blank.
static wstring configOf(const wstring& commandLine) {
  const size_t at = commandLine.find(L"/config:");
  if (at == wstring::npos) return L"";
  const size_t from = at + 8;
  if (commandLine[from] == '"') return commandLine.substr(from + 1, commandLine.find('"', from + 1) - from - 1);
  return commandLine.substr(from, commandLine.find(' ', from) - from);
}

static string hexOf(const wstring& path) {
  const HANDLE file = CreateFileW(path.c_str(), GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_DELETE, nullptr, OPEN_EXISTING, 0, nullptr);
  if (file == INVALID_HANDLE_VALUE) return "";
  unsigned char bytes[8192];
  DWORD length = 0;
  ReadFile(file, bytes, sizeof bytes, &length, nullptr);
  CloseHandle(file);
  string out;
  char octet[4];
  for (DWORD index = 0; index < length; index++) {
    wsprintfA(octet, "%02x", bytes[index]);
    out += octet;
  }
  return out;
}

/// terminal64.exe: reads its start-up file, runs, and ends when it is told to, or when LiveUpdate takes over.
static int terminal() {
  const wstring commandLine = GetCommandLineW();
  const wstring config = configOf(commandLine);
  record("{\"player\":\"terminal64\",\"pid\":" + std::to_string(GetCurrentProcessId()) + ",\"path\":" + json(self()) +
         ",\"commandLine\":" + json(commandLine) + ",\"config\":" + json(config) +
         ",\"ini\":\"" + (config.empty() ? "" : hexOf(config)) + "\"}");
  for (;;) {
    if (told(L"quit") || forgotten()) return 3;
    if (told(L"update")) {
      const wstring path = self();
      PROCESS_INFORMATION process;
      if (!start(L"\"" + path.substr(0, path.rfind('\\')) + L"\\liveupdate.exe\"", nullptr, &process)) return 4;
      return 0;
    }
    Sleep(20);
  }
}

/// The updater: starts the terminal anew some time after it has ended, without what it was started with.
static int liveUpdate() {
  Sleep(1000);
  const wstring path = self();
  PROCESS_INFORMATION process;
  return start(L"\"" + path.substr(0, path.rfind('\\')) + L"\\terminal64.exe\"", nullptr, &process) ? 0 : 1;
}

static string base64(const string& text) {
  static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  string out;
  for (size_t at = 0; at < text.size(); at += 3) {
    unsigned value = 0;
    for (size_t index = 0; index < 3; index++) value = value << 8 | (at + index < text.size() ? static_cast<unsigned char>(text[at + index]) : 0);
    for (int index = 0; index < 4; index++) out += at + index > text.size() ? '=' : letters[value >> (18 - 6 * index) & 63];
  }
  return out;
}

/// powershell.exe: answers the one question that the gateway asks it, from the processes that really run.
static int powerShell(const vector<wstring>& arguments) {
  record("{\"player\":\"powershell\",\"arguments\":" + json(arguments) + "}");
  string list;
  const HANDLE snapshot = CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS, 0);
  PROCESSENTRY32W entry;
  entry.dwSize = sizeof entry;
  for (BOOL more = Process32FirstW(snapshot, &entry); more; more = Process32NextW(snapshot, &entry)) {
    if (lstrcmpiW(entry.szExeFile, L"terminal64.exe") != 0) continue;
    const HANDLE process = OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, entry.th32ProcessID);
    wchar_t path[MAX_PATH];
    DWORD length = MAX_PATH;
    const bool named = process != nullptr && QueryFullProcessImageNameW(process, 0, path, &length);
    if (process != nullptr) CloseHandle(process);
    list += (list.empty() ? "" : ",") + string("{\"ProcessId\":") + std::to_string(entry.th32ProcessID) + ",\"ExecutablePath\":" + (named ? json(path) : "null") + "}";
  }
  CloseHandle(snapshot);
  print(base64("[" + list + "]") + "\r\n");
  return 0;
}

static wstring ownSid() {
  HANDLE token = nullptr;
  if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token)) return L"?";
  BYTE user[256];
  DWORD length = 0;
  const bool known = GetTokenInformation(token, TokenUser, user, sizeof user, &length);
  CloseHandle(token);
  return known ? sidText(reinterpret_cast<TOKEN_USER*>(user)->User.Sid) : L"?";
}

/// whoami.exe /user /fo csv /nh
static int whoAmI(const vector<wstring>& arguments) {
  record("{\"player\":\"whoami\",\"arguments\":" + json(arguments) + "}");
  const wstring sid = ownSid();
  print("\"machine\\user\",\"" + string(sid.begin(), sid.end()) + "\"\r\n");
  return 0;
}

/// icacls.exe FILE /inheritance:r /grant:r *SID:F. Wine keeps no such rights, so that only the call can be looked at.
static int icacls(const vector<wstring>& arguments) {
  const string before = hexOf(arguments.empty() ? L"" : arguments[0]);
  record("{\"player\":\"icacls\",\"arguments\":" + json(arguments) + ",\"bytesBefore\":" + std::to_string(before.size() / 2) + "}");
  return arguments.size() == 4 ? 0 : 87;
}

/// launcher.exe COMMAND LINE: starts it with a pipe of Windows as its input, and ends that input when it is told to stop.
static int launch() {
  wstring commandLine = GetCommandLineW();
  const size_t end = commandLine[0] == '"' ? commandLine.find('"', 1) + 1 : commandLine.find(' ');
  commandLine = commandLine.substr(commandLine.find_first_not_of(L" ", end));
  SECURITY_ATTRIBUTES inherited = {sizeof inherited, nullptr, TRUE};
  HANDLE read = nullptr;
  HANDLE write = nullptr;
  if (!CreatePipe(&read, &write, &inherited, 0)) return 101;
  SetHandleInformation(write, HANDLE_FLAG_INHERIT, 0);
  PROCESS_INFORMATION process;
  if (!start(commandLine, read, &process)) return 102;
  CloseHandle(read);
  while (WaitForSingleObject(process.hProcess, 20) == WAIT_TIMEOUT) {
    if (told(L"stop") || forgotten()) break;
  }
  CloseHandle(write);
  WaitForSingleObject(process.hProcess, INFINITE);
  DWORD code = 0;
  GetExitCodeProcess(process.hProcess, &code);
  return static_cast<int>(code);
}

int main() {
  int count = 0;
  LPWSTR* words = CommandLineToArgvW(GetCommandLineW(), &count);
  const vector<wstring> arguments(words + 1, words + count);
  const wstring path = self();
  wstring name = path.substr(path.rfind('\\') + 1);
  CharLowerW(&name[0]);
  if (name == L"terminal64.exe") return terminal();
  if (name == L"liveupdate.exe") return liveUpdate();
  if (name == L"powershell.exe") return powerShell(arguments);
  if (name == L"whoami.exe") return whoAmI(arguments);
  if (name == L"icacls.exe") return icacls(arguments);
  if (name == L"launcher.exe") return launch();
  return 100;
}
