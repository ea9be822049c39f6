// ws2_32.dll and bcrypt.dll on POSIX sockets. Each function states its signature; a program that declares another one
// would misbehave in the terminal, so it is stopped here.
#ifndef _WIN32
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <mutex>
#include <string>
#include <vector>

#include "dll.hpp"
#include "terminal.hpp"

namespace mql {

namespace {

constexpr ulong kInvalidSocket = ~0ull;
constexpr int kSocketError = -1;

// Handles above 32 bits, so that a program that keeps one in an int fails.
constexpr ulong kHandleBase = 0x700000000ull;

thread_local int t_error = 0;

int ToDescriptor(ulong socket) { return socket < kHandleBase ? -1 : static_cast<int>(socket - kHandleBase) / 4; }
ulong ToHandle(int descriptor) { return kHandleBase + static_cast<ulong>(descriptor) * 4; }

int WindowsError(int error) {
  switch (error) {
    case EINTR: return 10004;
    case EBADF:
    case ENOTSOCK: return 10038;
    case EACCES: return 10013;
    case EFAULT: return 10014;
    case EINVAL: return 10022;
    case EMFILE: return 10024;
    case EAGAIN: return 10035;
    case EINPROGRESS: return 10036;
    case EMSGSIZE: return 10040;
    case EADDRINUSE: return 10048;
    case EADDRNOTAVAIL: return 10049;
    case ECONNABORTED: return 10053;
    case EPIPE:
    case ECONNRESET: return 10054;
    case ENOBUFS: return 10055;
    case ENOTCONN: return 10057;
    case ETIMEDOUT: return 10060;
    case ECONNREFUSED: return 10061;
    default: return 10050;
  }
}

int Fail() {
  t_error = WindowsError(errno);
  return kSocketError;
}

bool g_started = false;

int Startup(ushort version, void *data) {
  if (version != 0x0202) return 10092;
  std::memset(data, 0, 408);
  g_started = true;
  return 0;
}

int Cleanup() {
  g_started = false;
  return 0;
}

int LastError() { return t_error; }

ulong OpenSocket(int family, int type, int protocol) {
  if (!g_started) {
    t_error = 10093;
    return kInvalidSocket;
  }
  const int descriptor = ::socket(family, type | SOCK_CLOEXEC, protocol);
  if (descriptor < 0) {
    Fail();
    return kInvalidSocket;
  }
  return ToHandle(descriptor);
}

int BindSocket(ulong socket, void *address, int length) {
  return ::bind(ToDescriptor(socket), static_cast<const sockaddr *>(address), static_cast<socklen_t>(length)) == 0 ? 0 : Fail();
}

int ListenSocket(ulong socket, int backlog) { return ::listen(ToDescriptor(socket), backlog) == 0 ? 0 : Fail(); }

ulong AcceptSocket(ulong socket, void *address, void *length) {
  socklen_t size = static_cast<socklen_t>(*static_cast<int *>(length));
  const int descriptor = ::accept4(ToDescriptor(socket), static_cast<sockaddr *>(address), &size, SOCK_CLOEXEC);
  if (descriptor < 0) {
    Fail();
    return kInvalidSocket;
  }
  *static_cast<int *>(length) = static_cast<int>(size);
  return ToHandle(descriptor);
}

int ReceiveBytes(ulong socket, void *buffer, int length, int flags) {
  if (flags != 0) Critical("recv: only flags 0 are emulated");
  const ssize_t count = ::recv(ToDescriptor(socket), buffer, static_cast<std::size_t>(length), 0);
  if (count < 0) return Fail();
  if (count > 0 && g_terminal.gatesSockets) {
    sockaddr_in own{};
    socklen_t size = sizeof own;
    if (::getsockname(ToDescriptor(socket), reinterpret_cast<sockaddr *>(&own), &size) != 0) return Fail();
    g_terminal.Ask("received", "{\"port\":" + std::to_string(ntohs(own.sin_port)) + ",\"bytes\":" + std::to_string(count) + "}");
  }
  return static_cast<int>(count);
}

int SendBytes(ulong socket, void *buffer, int length, int flags) {
  if (flags != 0) Critical("send: only flags 0 are emulated");
  const ssize_t count = ::send(ToDescriptor(socket), buffer, static_cast<std::size_t>(length), MSG_NOSIGNAL);
  return count < 0 ? Fail() : static_cast<int>(count);
}

int CloseSocket(ulong socket) { return ::close(ToDescriptor(socket)) == 0 ? 0 : Fail(); }

int ShutdownSocket(ulong socket, int how) { return ::shutdown(ToDescriptor(socket), how) == 0 ? 0 : Fail(); }

int ControlSocket(ulong socket, int command, void *argument) {
  if (command != static_cast<int>(0x8004667Eu)) Critical("ioctlsocket: only FIONBIO is emulated");
  int on = *static_cast<uint *>(argument) != 0 ? 1 : 0;
  return ::ioctl(ToDescriptor(socket), FIONBIO, &on) == 0 ? 0 : Fail();
}

int SetOption(ulong socket, int level, int name, void *value, int length) {
  if (length != 4) Critical("setsockopt: only options of 4 bytes are emulated");
  int on = 0;
  std::memcpy(&on, value, 4);
  int posixLevel = SOL_SOCKET;
  int posixName = 0;
  if (level == 6 && name == 1) {
    posixLevel = IPPROTO_TCP;
    posixName = TCP_NODELAY;
  } else if (level == 0xFFFF && name == ~4) {
    // SO_EXCLUSIVEADDRUSE: nobody else may bind, but addresses in TIME_WAIT do not count; that is SO_REUSEADDR here.
    posixName = SO_REUSEADDR;
  } else if (level == 0xFFFF && name == 8) {
    posixName = SO_KEEPALIVE;
  } else if (level == 0xFFFF && name == 0x1001) {
    posixName = SO_SNDBUF;
  } else if (level == 0xFFFF && name == 0x1002) {
    posixName = SO_RCVBUF;
  } else {
    Critical("setsockopt: this option is not emulated");
  }
  return ::setsockopt(ToDescriptor(socket), posixLevel, posixName, &on, sizeof on) == 0 ? 0 : Fail();
}

int SocketName(ulong socket, void *address, void *length) {
  socklen_t size = static_cast<socklen_t>(*static_cast<int *>(length));
  if (::getsockname(ToDescriptor(socket), static_cast<sockaddr *>(address), &size) != 0) return Fail();
  *static_cast<int *>(length) = static_cast<int>(size);
  return 0;
}

/** WSAPOLLFD as Windows lays it out. */
struct WindowsPoll {
  ulong socket;
  short events;
  short revents;
  int padding;
};
static_assert(sizeof(WindowsPoll) == 16);

int PollSockets(void *array, uint count, int timeout) {
  WindowsPoll *given = static_cast<WindowsPoll *>(array);
  std::vector<pollfd> list(count);
  for (uint i = 0; i < count; i++) {
    const int events = given[i].events;
    if ((events & ~0x0310) != 0) {
      t_error = 10022;
      return kSocketError;
    }
    list[i].fd = ToDescriptor(given[i].socket);
    list[i].events = static_cast<short>(((events & 0x0300) != 0 ? POLLIN : 0) | ((events & 0x0010) != 0 ? POLLOUT : 0));
  }
  const int scale = static_cast<int>(g_terminal.options.timeScale);
  const int ready = ::poll(list.data(), count, timeout > 0 ? (timeout + scale - 1) / scale : timeout);
  if (ready < 0) return errno == EINTR ? 0 : Fail();
  for (uint i = 0; i < count; i++) {
    const int got = list[i].revents;
    int events = 0;
    if ((got & POLLIN) != 0) events |= 0x0100;
    if ((got & POLLOUT) != 0) events |= 0x0010;
    if ((got & POLLERR) != 0) events |= 0x0001;
    if ((got & POLLHUP) != 0) events |= 0x0002;
    if ((got & POLLNVAL) != 0 || list[i].fd < 0) events |= 0x0004;
    given[i].revents = static_cast<short>(events);
  }
  return ready;
}

int GenerateRandom(ulong algorithm, void *buffer, uint length, uint flags) {
  if (algorithm != 0 || flags != 2) return static_cast<int>(0xC000000Du);
  uchar *bytes = static_cast<uchar *>(buffer);
  uint done = 0;
  while (done < length) {
    const ssize_t count = ::getrandom(bytes + done, length - done, 0);
    if (count < 0) return static_cast<int>(0xC0000001u);
    done += static_cast<uint>(count);
  }
  return 0;
}

/** Opens a file of the sandbox a second time: what a flush through it reaches is the file, not the handle. */
ulong OpenFileW(void *name, uint access, uint share, ulong security, uint disposition, uint flags, ulong templateFile) {
  if (access != 0x40000000u || share != 7 || security != 0 || disposition != 3 || flags != 0 || templateFile != 0)
    Critical("CreateFileW: only opening an existing file for writing is emulated");
  std::string path;
  for (const char16_t *unit = static_cast<const char16_t *>(name); *unit != 0; unit++)
    path.push_back(*unit == u'\\' ? '/' : static_cast<char>(*unit));
  // The sandbox stands for MQL5/Files.
  const std::string folder = "/MQL5/Files/";
  const std::size_t at = path.find(folder);
  if (at != std::string::npos) path.replace(at, folder.size(), "/Files/");
  const int descriptor = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
  return descriptor < 0 ? ~ulong(0) : static_cast<ulong>(descriptor) + 1;
}

int FlushFile(ulong file) { return ::fsync(static_cast<int>(file - 1)) == 0 ? 1 : 0; }
int CloseFile(ulong file) { return ::close(static_cast<int>(file - 1)) == 0 ? 1 : 0; }

struct Emulated {
  const char *dll;
  const char *name;
  const char *signature;
  void *address;
};

template <class F>
void *Address(F *function) {
  return reinterpret_cast<void *>(function);
}

}  // namespace

void *FindDllFunction(const DllSlot &slot) {
  static const Emulated table[] = {
      {"ws2_32.dll", "WSAStartup", "int(ushort,ptr)", Address(&Startup)},
      {"ws2_32.dll", "WSACleanup", "int()", Address(&Cleanup)},
      {"ws2_32.dll", "WSAGetLastError", "int()", Address(&LastError)},
      {"ws2_32.dll", "socket", "ulong(int,int,int)", Address(&OpenSocket)},
      {"ws2_32.dll", "bind", "int(ulong,ptr,int)", Address(&BindSocket)},
      {"ws2_32.dll", "listen", "int(ulong,int)", Address(&ListenSocket)},
      {"ws2_32.dll", "accept", "ulong(ulong,ptr,ptr)", Address(&AcceptSocket)},
      {"ws2_32.dll", "recv", "int(ulong,ptr,int,int)", Address(&ReceiveBytes)},
      {"ws2_32.dll", "send", "int(ulong,ptr,int,int)", Address(&SendBytes)},
      {"ws2_32.dll", "closesocket", "int(ulong)", Address(&CloseSocket)},
      {"ws2_32.dll", "shutdown", "int(ulong,int)", Address(&ShutdownSocket)},
      {"ws2_32.dll", "ioctlsocket", "int(ulong,int,ptr)", Address(&ControlSocket)},
      {"ws2_32.dll", "setsockopt", "int(ulong,int,int,ptr,int)", Address(&SetOption)},
      {"ws2_32.dll", "getsockname", "int(ulong,ptr,ptr)", Address(&SocketName)},
      {"ws2_32.dll", "WSAPoll", "int(ptr,uint,int)", Address(&PollSockets)},
      {"kernel32.dll", "CreateFileW", "ulong(text,uint,uint,ulong,uint,uint,ulong)", Address(&OpenFileW)},
      {"kernel32.dll", "FlushFileBuffers", "int(ulong)", Address(&FlushFile)},
      {"kernel32.dll", "CloseHandle", "int(ulong)", Address(&CloseFile)},
      {"bcrypt.dll", "BCryptGenRandom", "int(ulong,ptr,uint,uint)", Address(&GenerateRandom)},
  };
  for (const Emulated &one : table) {
    if (std::strcmp(one.dll, slot.dll) != 0 || std::strcmp(one.name, slot.name) != 0) continue;
    if (std::strcmp(one.signature, slot.signature) != 0)
      Critical((std::string("import ") + slot.name + " is declared " + slot.signature + ", but is " + one.signature).c_str());
    return one.address;
  }
  return nullptr;
}

}  // namespace mql
#endif
