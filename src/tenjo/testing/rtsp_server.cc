#include "tenjo/testing/rtsp_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>

namespace tenjo::testing {
namespace {

sockaddr_in Loopback() {
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

// A socket bound to a port that the system chose.
int BoundSocket(int& port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = Loopback();
  socklen_t length = sizeof(address);
  if (fd < 0 || bind(fd, reinterpret_cast<sockaddr*>(&address), length) != 0 ||
      getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length) != 0) {
    throw std::runtime_error("cannot bind a socket for a test");
  }
  port = ntohs(address.sin_port);
  return fd;
}

}  // namespace

int FreePort() {
  int port = 0;
  close(BoundSocket(port));
  return port;
}

RtspServer::RtspServer(std::filesystem::path file) : file_(std::move(file)), port_(FreePort()) {
  Start();
}

bool RtspServer::Available() { return std::string(TENJO_RTSP_SERVER_EXE) != ""; }

void RtspServer::Start() {
  const std::string file = file_.empty() ? "test" : file_.string();
  process_ = std::make_unique<Process>(
      std::vector<std::string>{TENJO_RTSP_SERVER_EXE, file, std::to_string(port_)}, true);
  if (process_->ReadLine().rfind("rtsp://", 0) != 0) {
    throw std::runtime_error("the RTSP server for a test does not start");
  }
}

void RtspServer::Stop() { process_.reset(); }

std::string RtspServer::url() const { return "rtsp://127.0.0.1:" + std::to_string(port_) + "/cam"; }

SilentServer::SilentServer() : socket_(BoundSocket(port_)) {
  if (listen(socket_, 8) != 0) {
    throw std::runtime_error("cannot listen on a socket for a test");
  }
}

SilentServer::~SilentServer() { close(socket_); }

std::string SilentServer::url() const {
  return "rtsp://127.0.0.1:" + std::to_string(port_) + "/cam";
}

}  // namespace tenjo::testing
