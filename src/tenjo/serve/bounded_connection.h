#pragma once

#include <httplib.h>

#include <array>
#include <chrono>
#include <limits>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

// For the files that speak HTTP alone: it brings httplib.
namespace tenjo {

struct ConnectionBounds {
  std::chrono::milliseconds step{5000};  //!< without a byte going or coming, or between requests
  std::chrono::milliseconds request{
      20000};  //!< until all of a request is there, however it drips in
  std::chrono::milliseconds answer{60000};  //!< until all of an answer is gone
};

//! A connection that nobody can hold by being slow: httplib bounds single reads and writes only, so
//! that a byte now and then keeps a thread for ever.
class BoundedConnection : public httplib::Stream {
 public:
  using Clock = std::chrono::steady_clock;

  //! `socket` stays the caller's and must not block. `tls` may be null.
  BoundedConnection(int socket, SSL* tls, const ConnectionBounds& bounds);
  ~BoundedConnection() override;
  BoundedConnection(const BoundedConnection&) = delete;
  BoundedConnection& operator=(const BoundedConnection&) = delete;

  //! The handshake of TLS.
  bool Accept();
  //! Waits until the next request begins.
  bool WaitForRequest();
  //! The head of a request has been read; `length` bytes are to follow it.
  void ExpectBody(size_t length);
  //! Whether the request was read to its end: what httplib left of it, as it does with the body of
  //! a request that is refused early, must not be taken for the next one.
  bool ReadToItsEnd() const { return body_left_ == 0; }
  //! For answers that have no end: the one that this thread gives now may last.
  static void LetAnswerLast();

  bool is_readable() const override;
  bool is_writable() const override;
  ssize_t read(char* to, size_t size) override;
  ssize_t write(const char* from, size_t size) override;
  void get_remote_ip_and_port(std::string& ip, int& port) const override;
  void get_local_ip_and_port(std::string& ip, int& port) const override;
  socket_t socket() const override { return socket_; }

 private:
  bool Poll(short what, Clock::time_point until) const;
  ssize_t Take(char* to, size_t size);
  ssize_t Receive(char* to, size_t size);
  bool TlsWants(int result, Clock::time_point until);

  int socket_;
  SSL* tls_;
  ConnectionBounds bounds_;
  Clock::time_point request_until_ = {};
  Clock::time_point answer_until_ = Clock::time_point::max();
  bool answering_ = false;
  bool lasts_ = false;
  std::array<char, 4096> buffer_ = {};
  size_t begin_ = 0;
  size_t end_ = 0;
  size_t body_left_ = kUnknown;

  static constexpr size_t kUnknown = std::numeric_limits<size_t>::max();
};

//! The bytes that follow the head of this request, more than can come where that is not told.
size_t BodyLength(const httplib::Request& request);

bool MakeNonBlocking(int socket);
void CloseSocket(int socket);

//! httplib's server (`Base`: httplib::Server or SSLServer) on such connections.
template <typename Base>
class BoundedServer : public Base {
 public:
  template <typename... Arguments>
  explicit BoundedServer(const ConnectionBounds& bounds, Arguments&&... arguments)
      : Base(std::forward<Arguments>(arguments)...), bounds_(bounds) {}

  //! To be called once it is bound: httplib lets five connections wait, and whoever comes then has
  //! to try again after a second.
  void LetManyWait() {
    constexpr int kWaiting = 256;
    ::listen(this->svr_sock_, kWaiting);
  }

 private:
  bool process_and_close_socket(socket_t socket) override {
    const bool done = Serve(socket);
    CloseSocket(socket);
    return done;
  }

  bool Serve(socket_t socket) {
    std::unique_ptr<SSL, void (*)(SSL*)> tls(nullptr, &SSL_free);
    if constexpr (std::is_same_v<Base, httplib::SSLServer>) {
      tls.reset(SSL_new(this->ssl_context()));
      if (!tls) {
        return false;
      }
    }
    if (!MakeNonBlocking(socket)) {
      return false;
    }
    BoundedConnection connection(socket, tls.get(), bounds_);
    if (tls && !connection.Accept()) {
      return false;
    }
    bool done = false;
    for (auto left = this->keep_alive_max_count_;
         left > 0 && this->svr_sock_ != INVALID_SOCKET && connection.WaitForRequest(); --left) {
      bool closed = false;
      done = this->process_request(connection, left == 1, closed, [&](httplib::Request& request) {
        request.ssl = tls.get();
        connection.ExpectBody(BodyLength(request));
      });
      if (!done || closed || !connection.ReadToItsEnd()) {
        break;
      }
    }
    return done;
  }

  ConnectionBounds bounds_;
};

}  // namespace tenjo
