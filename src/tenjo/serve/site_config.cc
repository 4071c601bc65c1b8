#include "tenjo/serve/site_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <set>
#include <utility>

#include "tenjo/base/atomic_file.h"
#include "tenjo/base/error.h"
#include "tenjo/base/text.h"
#include "tenjo/camera/camera_file.h"
#include "tenjo/infer/choose_network.h"
#include "tenjo/infer/network_cache.h"
#include "tenjo/infer/shipped_network.h"
#include "tenjo/model/model_info.h"
#include "tenjo/serve/config_reader.h"
#include "tenjo/serve/password.h"
#include "tenjo/serve/place_text.h"
#include "tenjo/track/tracker_parameters.h"

namespace tenjo {
namespace {

namespace fs = std::filesystem;

constexpr int kUsualMaxAge = 30;  // frames, of the default tracker

// ${NAME} in an address stands for what the environment has, so that passwords stay out of the
// file.
std::string WithEnvironment(Reader& reader, const std::string& key, std::string text) {
  for (auto at = text.find("${"); at != std::string::npos; at = text.find("${", at)) {
    const auto end = text.find('}', at);
    if (end == std::string::npos) {
      reader.Wrong(key, fmt::format("{}: ${{ without }}", key));
      return text;
    }
    const std::string name = text.substr(at + 2, end - at - 2);
    const char* value = std::getenv(name.c_str());
    if (value == nullptr) {
      reader.Wrong(key, fmt::format("{}: the environment has no {}", key, name));
      return text;
    }
    text.replace(at, end + 1 - at, value);
    at += std::string(value).size();
  }
  return text;
}

//! A network by a path from the configuration's folder, or by the name of one that ships.
//! Whatever is wrong with it is said, and nothing comes back.
std::optional<ModelInfo> FindGiven(Reader& network, const std::string& key,
                                   const std::string& word) {
  try {
    const fs::path here = network.folder() / word;
    fs::path file = fs::exists(here) ? here : FindNetwork(word);
    file = file.is_relative() ? network.folder() / file : file;
    return ReadModelInfo(file);
  } catch (const Error& error) {
    network.Wrong(key, error.what());
    return std::nullopt;
  }
}

// In 8 bits as the pose network is, but that looks may have no such form.
void ReadAppearance(Reader& network, const std::string& word, Precision precision,
                    SiteConfig& config) {
  const auto file = FindGiven(network, "appearance", word);
  if (!file) {
    return;
  }
  try {
    config.appearance =
        ChooseLooks(file->path, precision, config.backend.backend, config.backend.device).model;
  } catch (const Error& error) {
    network.Wrong("appearance", error.what());
  }
}

void ReadRefine(Reader& network, const std::optional<ModelInfo>& model, Precision precision,
                SiteConfig& config) {
  std::string third_look = "auto";
  network.Choice<std::string>("third_look", third_look,
                              {{"auto", "auto"}, {"on", "on"}, {"off", "off"}});
  config.third_look = WantsThirdLook(third_look, config.model);
  const std::string word = network.Text("refine").value_or("auto");
  if (word != "auto" && word != "off") {
    if (const auto file = FindGiven(network, "refine", word)) {
      config.refine = file->path;
    }
  } else if (model) {
    config.refine = FindRefineNetwork(word, !model->centres.empty());
  }
  if (config.refine.empty()) {
    return;
  }
  try {
    config.refine =
        ChooseLooks(config.refine, precision, config.backend.backend, config.backend.device).model;
  } catch (const Error& error) {
    network.Wrong("refine", error.what());
  }
}

void ReadSize(Reader& network, const std::optional<ModelInfo>& model, SiteConfig& config) {
  const auto size = network.Pair<std::int64_t>("size", "[width, height] in pixels");
  if (!size) {
    return;
  }
  const int stride = model ? model->stride : 1;
  const auto fits = [&](std::int64_t side) {
    return side >= 8 && side <= kMaxInputSide && side % stride == 0;
  };
  if (!fits((*size)[0]) || !fits((*size)[1])) {
    network.Wrong("size", fmt::format("the sides of size must be from 8 to {}{}", kMaxInputSide,
                                      stride == 1 ? "" : fmt::format(", in steps of {}", stride)));
    return;
  }
  config.backend.width = static_cast<int>((*size)[0]);
  config.backend.height = static_cast<int>((*size)[1]);
}

// As `tenjo run` does where it is not told otherwise.
void ReadNetwork(Reader& root, SiteConfig& config) {
  static const toml::table none;
  auto given = root.Table("network");
  if (!given && root.Has("network")) {
    return;  // it is no table, which is said
  }
  Reader network = given ? *given : Reader(none, "network", root.folder(), root.problems());
  config.backend.device = network.Text("device").value_or(config.backend.device);
  network.Whole("threads", config.backend.threads, 0, 1024);
  const auto cache = network.Text("cache");
  config.backend.cache_dir = !cache           ? DefaultCacheDir()
                             : cache->empty() ? fs::path()
                                              : network.folder() / *cache;
  Precision precision = Precision::kAuto;
  network.Choice("precision", precision,
                 {{"auto", Precision::kAuto},
                  {"fp32", Precision::kFp32},
                  {"bf16", Precision::kBf16},
                  {"int8", Precision::kInt8}});
  const std::string model = network.Text("model").value_or(kDefaultPoseNetwork);
  const auto file = FindGiven(network, "model", model);
  if (file) {
    try {
      const ChosenNetwork chosen =
          ChooseNetwork(file->path, precision, config.backend.backend, config.backend.device);
      config.model = chosen.model;
      config.backend.bf16 = chosen.bf16;
      config.network_note = chosen.said;
    } catch (const Error& error) {
      network.Wrong(network.Has("precision") ? "precision" : "model", error.what());
    }
  }
  ReadSize(network, file, config);
  ReadRefine(network, file, precision, config);
  if (const auto appearance = network.Text("appearance")) {
    ReadAppearance(network, *appearance, precision, config);
  }
  network.Finish();
}

// `options` come in as what is in force without this table. Where association is on the floor is
// left in `floor`.
void ReadTracker(Reader& reader, TrackerOptions& options, bool& floor) {
  const std::string before = options.tracker;
  options.tracker = reader.Text("method").value_or(before);
  if (options.tracker != before) {
    try {
      options = DefaultTrackerOptions(options.tracker);
      options.max_age = options.tracker == "sort" ? kUsualMaxAge : options.max_age;
    } catch (const Error& error) {
      reader.Wrong("method", error.what());
      options.tracker = before;
      return;  // whose parameters these are nobody knows
    }
  }
  for (const TrackerParameter& parameter : TrackerParameters()) {
    const auto& trackers = parameter.trackers;
    if (reader.Has(parameter.name) && !trackers.empty() &&
        std::find(trackers.begin(), trackers.end(), options.tracker) == trackers.end()) {
      reader.Wrong(parameter.name,
                   fmt::format("the tracker {} has no {}", options.tracker, parameter.name));
    }
    std::visit(
        [&](auto member) {
          auto& value = options.*member;
          if constexpr (std::is_same_v<std::decay_t<decltype(value)>, int>) {
            reader.Whole(parameter.name, value, static_cast<std::int64_t>(parameter.low),
                         static_cast<std::int64_t>(parameter.high));
          } else {
            reader.Number(parameter.name, value, parameter.low, parameter.high);
          }
        },
        parameter.member);
  }
  reader.Choice("associate", floor, {{"image", false}, {"floor", true}});
  reader.Finish();
}

void ReadPoint(Reader& reader, Place& place) {
  const auto word = reader.Text("point");
  if (!word) {
    return;
  }
  for (const BodyPoint point : {BodyPoint::kFeet, BodyPoint::kMiddle, BodyPoint::kHead,
                                BodyPoint::kLeftWrist, BodyPoint::kRightWrist}) {
    if (*word == NameOf(point)) {
      place.point = point;
      return;
    }
  }
  reader.Wrong("point", "point must be feet, middle, head, left_wrist or right_wrist");
}

// `lens_named`: whether the camera names a camera file; one that is wrong has been told already.
void ReadPlace(Reader& reader, PlaceKind kind, bool lens_named, CameraConfig& camera) {
  const std::string units = reader.Text("units").value_or("pixels");
  if (units != "pixels" && units != "metres") {
    reader.Wrong("units", "units must be pixels or metres");
  }
  Place place = DefaultPlace(kind, units == "metres" ? PlaceUnits::kMetres : PlaceUnits::kPixels);
  place.name = reader.Text("name", true).value_or("");
  place.points = reader.Points("points");
  reader.Number("settle", place.settle_s, 0, 60);
  reader.Number("margin", place.margin, 0, 1e6);
  if (kind != PlaceKind::kShelf) {
    ReadPoint(reader, place);
  }
  if (kind == PlaceKind::kZone) {
    reader.Number("dwell", place.dwell_every_s, 0, 86400);
  }
  if (kind == PlaceKind::kLine) {
    if (const auto names = reader.Pair<std::string>("directions", "two names")) {
      place.directions = *names;
    }
  }
  if (kind == PlaceKind::kShelf) {
    if (const auto range = reader.Pair<double>("height", "[low, high] in metres")) {
      place.low_m = (*range)[0];
      place.high_m = (*range)[1];
    }
  }
  reader.Finish();
  if (place.name.empty() || place.points.empty()) {
    return;  // said already
  }
  try {
    Validate(place);
  } catch (const Error& error) {
    reader.Wrong("points", error.what());
    return;
  }
  if (place.units == PlaceUnits::kMetres && !lens_named) {
    reader.Wrong("units", fmt::format("the place \"{}\" is in metres: its camera needs lens = "
                                      "\"FILE\", a camera file that says where the floor is",
                                      place.name));
    return;
  }
  for (const Place& other : camera.places) {
    if (other.name == place.name) {
      reader.Wrong("name",
                   fmt::format("there are two places \"{}\" before this camera", place.name));
      return;
    }
  }
  camera.places.push_back(std::move(place));
}

void CheckInput(Reader& reader, const CameraConfig& camera) {
  const bool address = camera.input.find("://") != std::string::npos;
  if (camera.input.empty()) {
    return;
  }
  if (address && camera.input.rfind("rtsp://", 0) != 0 && camera.input.rfind("rtsps://", 0) != 0) {
    reader.Wrong("input", "input must be rtsp://…, a video file or a device as /dev/video0");
  } else if (!address && !fs::exists(camera.input)) {
    reader.Wrong("input", fmt::format("there is no {}", camera.input));
  } else if (!address && fs::is_directory(camera.input)) {
    reader.Wrong("input", fmt::format("{} is a folder, not a camera", camera.input));
  }
}

//! What holds for cameras that do not say otherwise.
struct CameraDefaults {
  TrackerOptions tracker;
  bool floor = false;
  bool anonymize = false;
  bool has_appearance = false;
};

void ReadCameraTracker(Reader& reader, const CameraDefaults& defaults, CameraConfig& camera) {
  camera.tracker = defaults.tracker;
  bool floor = defaults.floor;
  const auto line_key = reader.Has("tracker") ? "tracker" : "name";
  if (auto tracker = reader.Table("tracker")) {
    ReadTracker(*tracker, camera.tracker, floor);
  }
  camera.tracker.fps = camera.fps;
  if (floor && !camera.lens) {
    if (!reader.Has("lens")) {
      reader.Wrong(line_key, "associate = \"floor\" needs the camera's lens = \"FILE\"");
    }
    return;
  }
  if (floor) {
    camera.tracker.floor_camera = std::make_shared<const Camera>(*camera.lens);
  }
  if (NeedsEmbedder(camera.tracker) && !defaults.has_appearance) {
    reader.Wrong(line_key,
                 fmt::format("the tracker {} tells people apart by their looks: [network] "
                             "needs appearance = \"FILE\"",
                             camera.tracker.tracker));
    return;
  }
  try {
    Tracker::Create(camera.tracker);
  } catch (const Error& error) {
    reader.Wrong(line_key, error.what());
  }
}

CameraConfig ReadCamera(Reader& reader, const fs::path& folder, const CameraDefaults& defaults) {
  CameraConfig camera;
  camera.name = PlainName(reader, "name", "");
  if (const auto input = reader.Text("input", true)) {
    camera.input = WithEnvironment(reader, "input", *input);
    if (camera.input.find("://") == std::string::npos) {
      camera.input = (folder / camera.input).string();
    }
    CheckInput(reader, camera);
  }
  reader.Number("fps", camera.fps, 0.1, 240);
  reader.Number("lost", camera.lost_s, 0.1, 3600);
  reader.Flag("picture", camera.picture);
  camera.anonymize = defaults.anonymize;
  reader.Flag("anonymize", camera.anonymize);
  if (const auto lens = reader.File("lens")) {
    try {
      camera.lens = ReadCameraFile(*lens);
    } catch (const Error& error) {
      reader.Wrong("lens", error.what());
    }
  }
  ReadCameraTracker(reader, defaults, camera);
  for (const auto& [key, kind] : {std::pair{"zone", PlaceKind::kZone},
                                  {"line", PlaceKind::kLine},
                                  {"shelf", PlaceKind::kShelf}}) {
    for (Reader& place : reader.Tables(key)) {
      ReadPlace(place, kind, reader.Has("lens"), camera);
    }
  }
  reader.Finish();
  return camera;
}

void ReadCameras(Reader& root, const fs::path& folder, SiteConfig& config) {
  CameraDefaults defaults;
  defaults.tracker.max_age = kUsualMaxAge;
  defaults.has_appearance = !config.appearance.empty();
  if (auto tracker = root.Table("tracker")) {
    ReadTracker(*tracker, defaults.tracker, defaults.floor);
  }
  root.Flag("anonymize", defaults.anonymize);
  std::set<std::string> names;
  std::vector<Reader> cameras = root.Tables("camera");
  if (cameras.empty() && !root.Has("camera")) {
    root.Wrong("", "there is no camera: at least one [[camera]] is needed");
  }
  for (Reader& reader : cameras) {
    CameraConfig camera = ReadCamera(reader, folder, defaults);
    if (!camera.name.empty() && !names.insert(camera.name).second) {
      reader.Wrong("name", fmt::format("there are two cameras \"{}\"", camera.name));
    }
    config.cameras.push_back(std::move(camera));
  }
}

void ReadMqtt(Reader& reader, SiteConfig& config) {
  MqttSinkOptions mqtt;
  mqtt.site = config.site;
  mqtt.broker = reader.Text("broker", true).value_or("");
  if (!mqtt.broker.empty() && mqtt.broker.rfind("mqtt://", 0) != 0 &&
      mqtt.broker.rfind("mqtts://", 0) != 0) {
    reader.Wrong("broker", "broker must be mqtt://HOST:PORT or mqtts://HOST:PORT");
  }
  if (mqtt.broker.find('@') != std::string::npos) {
    reader.Wrong("broker", "user and password do not stand in broker: set user and password");
  }
  mqtt.topic = reader.Text("topic").value_or(mqtt.topic);
  if (mqtt.topic.empty() || mqtt.topic.find_first_of("#+$") != std::string::npos ||
      mqtt.topic.front() == '/' || mqtt.topic.back() == '/') {
    reader.Wrong("topic", "topic must be a topic's first part, without + # $ and outer /");
  }
  mqtt.client_id = reader.Text("client_id").value_or("");
  mqtt.user = reader.Text("user").value_or("");
  mqtt.password = reader.Secret("password");
  mqtt.ca = reader.File("ca").value_or(fs::path());
  mqtt.cert = reader.File("cert").value_or(fs::path());
  mqtt.key = reader.File("key").value_or(fs::path());
  if (mqtt.cert.empty() != mqtt.key.empty() && reader.Has("cert") != reader.Has("key")) {
    reader.Wrong("cert", "cert and key go together");
  }
  reader.Flag("home_assistant", mqtt.home_assistant);
  reader.Finish();
  config.mqtt = mqtt;
}

void ReadPostgres(Reader& reader, SiteConfig& config) {
  PostgresSinkOptions postgres;
  postgres.connection = reader.Text("connection", true).value_or("");
  if (postgres.connection.find("password") != std::string::npos ||
      postgres.connection.find("://") != std::string::npos) {
    reader.Wrong("connection",
                 "connection must be libpq's words without a password, as \"host=db dbname=tenjo "
                 "user=tenjo\"; set password = { env = \"NAME\" } beside it");
  }
  postgres.password = reader.Secret("password");
  reader.Finish();
  config.postgres = postgres;
}

void ReadSinks(Reader& root, SiteConfig& config) {
  auto sinks = root.Table("sink");
  if (!sinks) {
    if (!root.Has("sink")) {
      config.sqlite = SqliteSinkOptions{.path = config.folder / "tenjo.db"};
    }
    return;
  }
  if (auto reader = sinks->Table("sqlite")) {
    SqliteSinkOptions sqlite{.path = config.folder / "tenjo.db"};
    sqlite.path = reader->Path("path").value_or(sqlite.path);
    reader->Number("keep_days", sqlite.keep_days, 0, 36500);
    reader->Finish();
    config.sqlite = sqlite;
  }
  if (auto reader = sinks->Table("lines")) {
    RotatingLinesOptions lines;
    lines.path = reader->Path("path", true).value_or(fs::path());
    double megabytes = 64;
    reader->Number("most_mb", megabytes, 0.001, 1e6);
    lines.most_bytes = static_cast<std::int64_t>(megabytes * (1 << 20));
    reader->Whole("files", lines.files, 1, 1000);
    reader->Finish();
    config.lines = lines;
  }
  if (auto reader = sinks->Table("mqtt")) {
    ReadMqtt(*reader, config);
  }
  if (auto reader = sinks->Table("postgres")) {
    ReadPostgres(*reader, config);
  }
  sinks->Finish();
}

void ReadUsers(Reader& http, HttpConfig& config) {
  for (Reader& reader : http.Tables("user")) {
    UserConfig user;
    user.name = PlainName(reader, "name", "");
    reader.Choice("role", user.role, {{"viewer", Role::kViewer}, {"editor", Role::kEditor}});
    user.hash = reader.Secret("hash", true);
    if (!reader.Has("hash")) {
      reader.Wrong("hash", "hash is missing: tenjo serve --hash-password makes one");
    } else if (!user.hash.empty() && !IsPasswordHash(user.hash)) {
      reader.Wrong("hash", "hash must be what tenjo serve --hash-password prints");
    }
    reader.Finish();
    const auto same = [&](const UserConfig& other) { return other.name == user.name; };
    if (std::any_of(config.users.begin(), config.users.end(), same)) {
      reader.Wrong("name", fmt::format("there are two users \"{}\"", user.name));
    }
    config.users.push_back(std::move(user));
  }
}

void ReadHttp(Reader& root, SiteConfig& config) {
  HttpConfig http;
  config.http = http;
  auto reader = root.Table("http");
  if (!reader) {
    return;
  }
  bool on = true;
  reader->Flag("on", on);
  if (const auto listen = reader->Text("listen")) {
    const auto colon = listen->rfind(':');
    const auto port =
        colon == std::string::npos ? std::nullopt : ParseInt(listen->substr(colon + 1));
    if (!port || *port < 0 || *port > 65535 || colon == 0) {
      reader->Wrong("listen", "listen must be ADDRESS:PORT, as 127.0.0.1:8080");
    } else {
      http.host = listen->substr(0, colon);
      http.port = static_cast<int>(*port);
    }
  }
  http.cert = reader->File("cert").value_or(fs::path());
  http.key = reader->File("key").value_or(fs::path());
  if (reader->Has("cert") != reader->Has("key")) {
    reader->Wrong("cert", "cert and key go together");
  }
  http.token = reader->Secret("token");
  constexpr std::size_t kLeastToken = 16;
  if (reader->Has("token") && !http.token.empty() && http.token.size() < kLeastToken) {
    reader->Wrong("token", fmt::format("token must have {} characters at least", kLeastToken));
  }
  reader->Choice("token_role", http.token_role,
                 {{"viewer", Role::kViewer}, {"editor", Role::kEditor}});
  ReadUsers(*reader, http);
  if (on && !IsLoopback(http.host) && !reader->Has("token") && !reader->Has("user")) {
    reader->Wrong("listen", fmt::format("{} is open to others: add a [[http.user]] or set token = "
                                        "{{ env = \"NAME\" }}, or listen on 127.0.0.1",
                                        http.host));
  }
  reader->Finish();
  config.http = on ? std::optional(http) : std::nullopt;
}

void CheckFolder(Reader& root, const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error || access(folder.c_str(), W_OK) != 0) {
    root.Wrong("folder", fmt::format("folder: cannot write into {}", folder.string()));
  }
}

void ReadRoot(const toml::table& table, const fs::path& folder, Problems& problems,
              SiteConfig& config) {
  Reader root(table, "", folder, problems);
  config.site = PlainName(root, "site", "site");
  config.folder = root.Path("folder").value_or(folder / "tenjo-data");
  CheckFolder(root, config.folder);
  ReadNetwork(root, config);
  ReadCameras(root, folder, config);
  config.outbox.path = config.folder / "outbox.db";
  if (auto outbox = root.Table("outbox")) {
    outbox->Whole("most_items", config.outbox.most_items, 1000, 1'000'000'000);
    outbox->Finish();
  }
  ReadSinks(root, config);
  ReadHttp(root, config);
  root.Finish();
}

}  // namespace

fs::path FolderOf(const fs::path& path) {
  std::error_code error;
  const fs::path real = fs::canonical(path, error);
  return (error ? fs::absolute(path) : real).parent_path();
}

SiteConfigResult ParseSiteConfig(const std::string& text, const fs::path& path) {
  SiteConfigResult result;
  Problems problems(path.string());
  try {
    const toml::table table = toml::parse(text, path.string());
    ReadRoot(table, FolderOf(path), problems, result.config);
  } catch (const toml::parse_error& error) {
    problems.Add(error.source().begin.line, std::string(error.description()));
  } catch (const std::exception& error) {
    problems.Add(1, error.what());
  }
  result.problems = problems.Sorted();
  return result;
}

SiteConfigResult ReadSiteConfig(const fs::path& path) {
  try {
    return ParseSiteConfig(ReadFile(path), path);
  } catch (const Error& error) {
    SiteConfigResult result;
    result.problems.push_back(
        {1, error.what(), fmt::format("{}:1: {}", path.string(), error.what())});
    return result;
  }
}

bool IsSameTracker(const TrackerOptions& a, const TrackerOptions& b) {
  bool same = a.tracker == b.tracker && (a.floor_camera != nullptr) == (b.floor_camera != nullptr);
  for (const TrackerParameter& parameter : TrackerParameters()) {
    std::visit([&](auto member) { same = same && a.*member == b.*member; }, parameter.member);
  }
  return same &&
         (!a.floor_camera || FormatCamera(*a.floor_camera) == FormatCamera(*b.floor_camera));
}

}  // namespace tenjo
