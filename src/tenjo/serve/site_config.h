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
#include "tenjo/serve/http_config.h"
#include "tenjo/track/tracker.h"

namespace tenjo {

struct CameraConfig {
  std::string name;   //!< letters, digits, - and _
  std::string input;  //!< rtsp://…, video file or V4L2 device; may hold a password
  double fps = 10;    //!< frames a second that are looked at, at most
  double lost_s = 2;
  bool picture = false;    //!< whether pictures of it may be asked for
  bool anonymize = false;  //!< whether people are blurred in them
  std::optional<Camera> lens = {};
  TrackerOptions tracker = {};
  std::vector<Place> places = {};
};

//! What `tenjo serve` is told by its TOML file (docs/serve.md).
struct SiteConfig {
  std::string site = "site";
  std::filesystem::path folder = {};  //!< of the databases
  std::filesystem::path model = {};
  std::filesystem::path refine = {};                 //!< takes a second look; empty: none
  bool third_look = true;                            //!< and a third one
  std::filesystem::path appearance = {};             //!< network of people's looks; empty: none
  BackendOptions backend = {.bind_threads = false};  // a service seldom has a machine of its own
  std::string network_note = {};  //!< what was chosen, where the user might not expect it
  std::vector<CameraConfig> cameras = {};
  OutboxOptions outbox = {};
  std::optional<SqliteSinkOptions> sqlite = {};
  std::optional<RotatingLinesOptions> lines = {};
  std::optional<MqttSinkOptions> mqtt = {};
  std::optional<PostgresSinkOptions> postgres = {};
  std::optional<HttpConfig> http = {};
};

struct ConfigProblem {
  std::int64_t line = 0;
  std::string message;  //!< a sentence
  std::string text;     //!< "cafe.toml:12: sentence"
};

struct SiteConfigResult {
  SiteConfig config;
  //! All that is wrong, by rising line. Empty: the configuration is good.
  std::vector<ConfigProblem> problems;
};

//! The folder from which the paths in a configuration are. A link is followed: what the page writes
//! beside it goes where the file itself may be written.
std::filesystem::path FolderOf(const std::filesystem::path& path);

//! Reads the whole file, with the camera files and secrets that it names, and holds it against
//! what there is. Relative paths are from FolderOf. Never throws for what it holds.
SiteConfigResult ReadSiteConfig(const std::filesystem::path& path);
//! The same of a text that would stand in this file.
SiteConfigResult ParseSiteConfig(const std::string& text, const std::filesystem::path& path);

//! Whether a tracker with the one's options does what one with the other's does.
bool IsSameTracker(const TrackerOptions& a, const TrackerOptions& b);

}  // namespace tenjo
