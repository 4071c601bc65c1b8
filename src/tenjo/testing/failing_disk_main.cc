// Preloaded into a program under test: while the file $TENJO_TEST_DISK_TROUBLE is there, writing
// below the folder $TENJO_TEST_DISK fails with the errno that it holds, as on a disk that became
// read-only or full. What is open stays open, which no unmounting gives.
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <cerrno>
#include <climits>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

template <typename Function>
Function Real(const char* name) {
  return reinterpret_cast<Function>(dlsym(RTLD_NEXT, name));
}

// By system calls: what this file replaces is not asked.
int Trouble() {
  const char* path = std::getenv("TENJO_TEST_DISK_TROUBLE");
  const long file =
      path == nullptr ? -1 : syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
  if (file < 0) {
    return 0;
  }
  char text[16] = {};
  syscall(SYS_read, file, text, sizeof(text) - 1);
  syscall(SYS_close, file);
  return std::atoi(text);
}

bool IsOnDisk(const char* path) {
  const char* folder = std::getenv("TENJO_TEST_DISK");
  return folder != nullptr && std::strncmp(path, folder, std::strlen(folder)) == 0;
}

bool Fails(const char* path) {
  const int trouble = IsOnDisk(path) ? Trouble() : 0;
  errno = trouble != 0 ? trouble : errno;
  return trouble != 0;
}

bool Fails(int file) {
  char link[64];
  char path[PATH_MAX] = {};
  std::snprintf(link, sizeof(link), "/proc/self/fd/%d", file);
  return readlink(link, path, sizeof(path) - 1) > 0 && Fails(path);
}

}  // namespace

extern "C" {

ssize_t write(int file, const void* from, size_t size) {
  static const auto real = Real<ssize_t (*)(int, const void*, size_t)>("write");
  return Fails(file) ? -1 : real(file, from, size);
}

ssize_t pwrite64(int file, const void* from, size_t size, off64_t at) {
  static const auto real = Real<ssize_t (*)(int, const void*, size_t, off64_t)>("pwrite64");
  return Fails(file) ? -1 : real(file, from, size, at);
}

int ftruncate64(int file, off64_t size) {
  static const auto real = Real<int (*)(int, off64_t)>("ftruncate64");
  return Fails(file) ? -1 : real(file, size);
}

int open64(const char* path, int flags, ...) {
  static const auto real = Real<int (*)(const char*, int, ...)>("open64");
  va_list rest;
  va_start(rest, flags);
  const auto mode = static_cast<mode_t>(va_arg(rest, int));
  va_end(rest);
  const bool writes = (flags & (O_WRONLY | O_RDWR | O_CREAT)) != 0;
  return writes && Fails(path) ? -1 : real(path, flags, mode);
}
}
