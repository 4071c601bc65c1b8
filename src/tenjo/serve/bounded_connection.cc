#include "tenjo/serve/bounded_connection.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>

namespace tenjo {
namespace {

thread_local BoundedConnection* serving = nullptr;

void AddressOf(const sockaddr_storage& address, std::string& ip, int& port) {
  std::array<char, INET6_ADDRSTRLEN> text = {};
  if (address.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(address);
    ip = inet_ntop(AF_INET, &v4.sin_addr, text.data(), text.size());
    port = ntohs(v4.sin_port);
  } else if (address.ss_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address);
    ip = inet_ntop(AF_INET6, &v6.sin6_addr, text.data(), text.size());
    port = ntohs(v6.sin6_port);
  }
}

}  // namespace

BoundedConnection::BoundedConnection(int socket, SSL* tls, const ConnectionBounds& bounds)
    : socket_(socket), tls_(tls), bounds_(bounds) {
  serving = this;
  if (tls_ != nullptr) {
    SSL_set_fd(tls_, socket_);
    // What is sent on after a pause lies elsewhere then.
    SSL_set_mode(tls_, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  }
}

BoundedConnection::~BoundedConnection() {
  serving = nullptr;
  if (tls_ != nullptr) {
    ERR_clear_error();
    SSL_shutdown(tls_);
  }
}

void BoundedConnection::LetAnswerLast() {
  if (serving != nullptr) {
    serving->lasts_ = true;
  }
}

bool BoundedConnection::Poll(short what, Clock::time_point until) const {
  while (true) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        std::min(until, Clock::now() + bounds_.step) - Clock::now());
    pollfd one = {.fd = socket_, .events = what, .revents = 0};
    const int ready = poll(&one, 1, static_cast<int>(std::max<std::int64_t>(0, left.count())));
    if (ready < 0 && errno == EINTR) {
      continue;
    }
    return ready > 0;
  }
}

// Whether it is worth another try, now that TLS has what it waited for.
bool BoundedConnection::TlsWants(int result, Clock::time_point until) {
  switch (SSL_get_error(tls_, result)) {
    case SSL_ERROR_WANT_READ:
      return Clock::now() < until && Poll(POLLIN, until);
    case SSL_ERROR_WANT_WRITE:
      return Clock::now() < until && Poll(POLLOUT, until);
    default:
      return false;
  }
}

bool BoundedConnection::Accept() {
  const auto until = Clock::now() + bounds_.request;
  while (true) {
    ERR_clear_error();
    const int result = SSL_accept(tls_);
    if (result == 1) {
      return true;
    }
    if (!TlsWants(result, until)) {
      return false;
    }
  }
}

bool BoundedConnection::WaitForRequest() {
  const bool there = begin_ < end_ || (tls_ != nullptr && SSL_pending(tls_) > 0) ||
                     Poll(POLLIN, Clock::time_point::max());
  request_until_ = Clock::now() + bounds_.request;
  answering_ = false;
  lasts_ = false;
  body_left_ = kUnknown;
  return there;
}

void BoundedConnection::ExpectBody(size_t length) { body_left_ = length; }

bool BoundedConnection::is_readable() const {
  return begin_ < end_ || (tls_ != nullptr && SSL_pending(tls_) > 0) ||
         (Clock::now() < request_until_ && Poll(POLLIN, request_until_));
}

bool BoundedConnection::is_writable() const {
  if (!Poll(POLLOUT, Clock::time_point::max())) {
    return false;
  }
  // Who has gone does not read what is written.
  char next = 0;
  const ssize_t there = recv(socket_, &next, 1, MSG_PEEK | MSG_DONTWAIT);
  return there > 0 || (there < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR));
}

ssize_t BoundedConnection::Receive(char* to, size_t size) {
  while (true) {
    if (tls_ != nullptr) {
      ERR_clear_error();
      const int result = SSL_read(tls_, to, static_cast<int>(std::min<size_t>(size, 1 << 20)));
      if (result > 0) {
        return result;
      }
      if (!TlsWants(result, request_until_)) {
        return result == 0 ? 0 : -1;
      }
      continue;
    }
    const ssize_t got = recv(socket_, to, size, 0);
    if (got >= 0) {
      return got;
    }
    if (errno == EINTR) {
      continue;
    }
    if ((errno != EAGAIN && errno != EWOULDBLOCK) || Clock::now() >= request_until_ ||
        !Poll(POLLIN, request_until_)) {
      return -1;
    }
  }
}

ssize_t BoundedConnection::read(char* to, size_t size) {
  const ssize_t got = Take(to, size);
  if (got > 0 && body_left_ != kUnknown) {
    body_left_ -= std::min(body_left_, static_cast<size_t>(got));
  }
  return got;
}

ssize_t BoundedConnection::Take(char* to, size_t size) {
  if (begin_ == end_) {
    // However it comes: a request has its time as a whole.
    if (Clock::now() >= request_until_) {
      return -1;
    }
    if (size >= buffer_.size()) {
      return Receive(to, size);
    }
    const ssize_t got = Receive(buffer_.data(), buffer_.size());
    if (got <= 0) {
      return got;
    }
    begin_ = 0;
    end_ = static_cast<size_t>(got);
  }
  const size_t count = std::min(size, end_ - begin_);
  std::memcpy(to, buffer_.data() + begin_, count);
  begin_ += count;
  return static_cast<ssize_t>(count);
}

ssize_t BoundedConnection::write(const char* from, size_t size) {
  if (!answering_) {
    answering_ = true;
    answer_until_ = Clock::now() + bounds_.answer;
  }
  const auto until = lasts_ ? Clock::time_point::max() : answer_until_;
  while (true) {
    if (Clock::now() >= until) {
      return -1;
    }
    if (tls_ != nullptr) {
      ERR_clear_error();
      const int result = SSL_write(tls_, from, static_cast<int>(std::min<size_t>(size, 1 << 20)));
      if (result > 0) {
        return result;
      }
      if (!TlsWants(result, until)) {
        return -1;
      }
      continue;
    }
    const ssize_t sent = send(socket_, from, size, MSG_NOSIGNAL);
    if (sent >= 0) {
      return sent;
    }
    if (errno != EINTR && ((errno != EAGAIN && errno != EWOULDBLOCK) || !Poll(POLLOUT, until))) {
      return -1;
    }
  }
}

void BoundedConnection::get_remote_ip_and_port(std::string& ip, int& port) const {
  sockaddr_storage address = {};
  socklen_t length = sizeof(address);
  if (getpeername(socket_, reinterpret_cast<sockaddr*>(&address), &length) == 0) {
    AddressOf(address, ip, port);
  }
}

void BoundedConnection::get_local_ip_and_port(std::string& ip, int& port) const {
  sockaddr_storage address = {};
  socklen_t length = sizeof(address);
  if (getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &length) == 0) {
    AddressOf(address, ip, port);
  }
}

size_t BodyLength(const httplib::Request& request) {
  constexpr size_t kEndless = std::numeric_limits<size_t>::max() - 1;
  if (request.has_header("Transfer-Encoding") ||
      request.get_header_value_count("Content-Length") > 1) {
    return kEndless;
  }
  const std::string text = request.get_header_value("Content-Length");
  size_t length = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), length);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  return text.empty() ? 0 : whole ? length : kEndless;
}

bool MakeNonBlocking(int socket) {
  const int flags = fcntl(socket, F_GETFL);
  return flags >= 0 && fcntl(socket, F_SETFL, flags | O_NONBLOCK) == 0;
}

void CloseSocket(int socket) {
  // The other side would be told of a reset instead of the answer if anything sent lay here unread.
  shutdown(socket, SHUT_WR);
  std::array<char, 4096> unread = {};
  for (int i = 0; i < 64 && recv(socket, unread.data(), unread.size(), MSG_DONTWAIT) > 0; ++i) {
  }
  shutdown(socket, SHUT_RDWR);
  close(socket);
}

}  // namespace tenjo
