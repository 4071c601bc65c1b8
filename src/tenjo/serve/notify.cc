#include "tenjo/serve/notify.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>

#include "tenjo/base/text.h"

namespace tenjo {

void NotifySystemd(const std::string& state) {
  const char* path = std::getenv("NOTIFY_SOCKET");
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path == nullptr || std::strlen(path) < 2 || std::strlen(path) >= sizeof(address.sun_path)) {
    return;
  }
  std::memcpy(address.sun_path, path, std::strlen(path));
  if (path[0] == '@') {
    address.sun_path[0] = '\0';  // a socket without a file
  }
  const int socket_fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (socket_fd < 0) {
    return;
  }
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + std::strlen(path));
  // A supervisor that does not listen is no reason to stop.
  const auto sent = sendto(socket_fd, state.data(), state.size(), MSG_NOSIGNAL,
                           reinterpret_cast<const sockaddr*>(&address), length);
  static_cast<void>(sent);
  close(socket_fd);
}

double WatchdogSeconds() {
  const char* text = std::getenv("WATCHDOG_USEC");
  const auto microseconds = text != nullptr ? ParseInt(text) : std::nullopt;
  return microseconds && *microseconds > 0 ? static_cast<double>(*microseconds) / 1e6 : 0;
}

}  // namespace tenjo
