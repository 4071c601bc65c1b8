#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "tenjo/analyze/place.h"
#include "tenjo/camera/camera.h"
#include "tenjo/infer/backend.h"
#include "tenjo/publish/events/mqtt_sink.h"
#include "tenjo/publish/events/outbox.h"
#include "tenjo/publish/events/postgres_sink.h"
#include "tenjo/publish/events/rotating_lines.h"
#include "tenjo/publish/events/sqlite_sink.h"
#include "tenjo/track/tracker.h"

namespace tenjo {

struct CameraConfig {
  std::string name;   //!< letters, digits, - and _
  std::string input;  //!< rtsp://…, video file or V4L2 device; may hold a password
  double fps = 10;    //!< frames a second that are looked at, at most
  double lost_s = 2;
  std::optional<Camera> lens = {};
  std::vector<Place> places = {};
};

struct HttpConfig {
  std::string host = "127.0.0.1";
  int port = 8080;  //!< 0: any free one
  std::filesystem::path cert = {};
  std::filesystem::path key = {};
  std::string token = {};  //!< asked of every request but /healthz if it is set

  friend bool operator==(const HttpConfig&, const HttpConfig&) = default;
};

//! What `tenjo serve` is told by its TOML file (docs/serve.md).
struct SiteConfig {
  std::string site = "site";
  std::filesystem::path folder = {};  //!< of the databases
  std::filesystem::path model = {};
  BackendOptions backend = {};
  TrackerOptions tracker = {};
  std::vector<CameraConfig> cameras = {};
  OutboxOptions outbox = {};
  std::optional<SqliteSinkOptions> sqlite = {};
  std::optional<RotatingLinesOptions> lines = {};
  std::optional<MqttSinkOptions> mqtt = {};
  std::optional<PostgresSinkOptions> postgres = {};
  std::optional<HttpConfig> http = {};
};

struct SiteConfigResult {
  SiteConfig config;
  //! All that is wrong, by rising line: "cafe.toml:12: sentence". Empty: the configuration is good.
  std::vector<std::string> problems;
};

//! Reads the whole file, with the camera files and secrets that it names, and holds it against
//! what there is. Relative paths are from the file's folder. Never throws for what it holds.
SiteConfigResult ReadSiteConfig(const std::filesystem::path& path);

}  // namespace tenjo
