#pragma once

#include <functional>
#include <memory>

#include "tenjo/serve/event_hub.h"
#include "tenjo/serve/site_config.h"
#include "tenjo/serve/status.h"

namespace tenjo {

//! Where the answers come from. Called by any thread; all must outlive the server.
struct ApiSource {
  std::function<ServiceStatus()> status;
  std::function<SiteConfig()> config;
  EventHub* hub = nullptr;
};

//! HTTP as docs/openapi.yaml says: /healthz, /metrics and /api/v1. It only reads. Requests are
//! bounded in size, number and time. Without a token it answers only who names this machine
//! localhost, so that no foreign page in a browser can read it.
class ApiServer {
 public:
  //! Listens at once. Throws Error if the address is taken or the certificate cannot be used.
  ApiServer(const HttpConfig& config, ApiSource source);
  ~ApiServer();
  ApiServer(const ApiServer&) = delete;
  ApiServer& operator=(const ApiServer&) = delete;

  int port() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tenjo
