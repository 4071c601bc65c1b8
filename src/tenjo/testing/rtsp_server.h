#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "tenjo/testing/process.h"

namespace tenjo::testing {

//! A TCP port of this machine that nobody listens on at the moment.
int FreePort();

//! A real RTSP server (GStreamer's) in a process of its own, on 127.0.0.1. It can be stopped and
//! started again on the same port, as a camera that loses power.
class RtspServer {
 public:
  //! `file`: an .mp4 with H.264, sent again and again; empty: a moving test picture, 320x240 MJPEG
  //! at 25 fps.
  explicit RtspServer(std::filesystem::path file = {});

  static bool Available();
  void Start();
  void Stop();
  std::string url() const;

 private:
  std::filesystem::path file_;
  int port_ = 0;
  std::unique_ptr<Process> process_;
};

//! A socket of this machine that takes connections and never says a word.
class SilentServer {
 public:
  SilentServer();
  ~SilentServer();
  SilentServer(const SilentServer&) = delete;
  SilentServer& operator=(const SilentServer&) = delete;
  std::string url() const;

 private:
  int port_ = 0;
  int socket_ = -1;
};

}  // namespace tenjo::testing

//! Ends a test, with a line that says so, where the RTSP server could not be built.
#define TENJO_NEEDS_RTSP_SERVER()                                 \
  if (!::tenjo::testing::RtspServer::Available()) {               \
    GTEST_SKIP() << "needs the package libgstrtspserver-1.0-dev"; \
  }
