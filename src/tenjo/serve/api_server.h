#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tenjo/serve/event_hub.h"
#include "tenjo/serve/http_config.h"
#include "tenjo/serve/picture_board.h"
#include "tenjo/serve/site_config.h"
#include "tenjo/serve/status.h"

namespace tenjo {

//! What came of a calibration.
struct CalibrationAnswer {
  std::string file;
  double height_m = 0;
  double tilt_deg = 0;
  double error_px = 0;
};

//! Where the answers come from, and who does what is asked for. Called by any thread; all must
//! outlive the server. What cannot be done throws the errors of serve/site_edit.h.
struct ApiSource {
  std::string version = {};
  std::function<ServiceStatus()> status = {};
  std::function<SiteConfig()> config = {};
  std::function<std::string()> entity_tag = {};  //!< of the configuration's text
  std::function<void(const std::string& body, const std::string& if_match)> save_places = {};
  std::function<CalibrationAnswer(const std::string& camera, const std::string& body)> calibrate =
      {};
  std::function<std::vector<ConfigProblem>()> reload = {};
  EventHub* hub = nullptr;
  PictureBoard* pictures = nullptr;
};

//! HTTP as docs/openapi.yaml says: the page, /healthz, /metrics and /api/v1. Requests are bounded
//! in size, number and time; serve/access.h says who may do what.
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
