#include "tenjo/serve/site_config.h"

#include <fmt/format.h>

#define TOML_EXCEPTIONS 1
#include <toml++/toml.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <functional>
#include <map>
#include <set>
#include <utility>

#include "tenjo/base/atomic_file.h"
#include "tenjo/base/error.h"
#include "tenjo/base/text.h"
#include "tenjo/camera/camera_file.h"
#include "tenjo/model/model_info.h"

namespace tenjo {
namespace {

namespace fs = std::filesystem;

//! Collects what is wrong, to be told in the order of lines.
class Problems {
 public:
  explicit Problems(std::string path) : path_(std::move(path)) {}
  void Add(std::int64_t line, const std::string& sentence) {
    list_.emplace_back(line, fmt::format("{}:{}: {}", path_, line, sentence));
  }
  void Add(const toml::node& node, const std::string& sentence) {
    Add(node.source().begin.line, sentence);
  }
  std::vector<std::string> Sorted() {
    std::stable_sort(list_.begin(), list_.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    std::vector<std::string> sentences;
    for (auto& [line, sentence] : list_) {
      sentences.push_back(std::move(sentence));
    }
    return sentences;
  }

 private:
  std::string path_;
  std::vector<std::pair<std::int64_t, std::string>> list_;
};

//! One table. Keys that nobody asked for are unknown: Finish says so.
class Reader {
 public:
  Reader(const toml::table& table, std::string name, fs::path folder, Problems& problems)
      : table_(table), name_(std::move(name)), folder_(std::move(folder)), problems_(problems) {}

  std::int64_t line() const { return table_.source().begin.line; }
  std::int64_t LineOf(const std::string& key) const {
    const toml::node* node = table_.get(key);
    return node != nullptr ? static_cast<std::int64_t>(node->source().begin.line) : line();
  }
  void Wrong(const std::string& key, const std::string& sentence) {
    problems_.Add(LineOf(key), sentence);
  }
  bool Has(const std::string& key) const { return table_.contains(key); }
  const std::string& name() const { return name_; }
  Problems& problems() { return problems_; }

  std::optional<std::string> Text(const std::string& key, bool required = false) {
    const toml::node* node = Get(key, required);
    if (node == nullptr) {
      return std::nullopt;
    }
    if (const auto* text = node->as_string()) {
      return text->get();
    }
    problems_.Add(*node, fmt::format("{} must be a text in quotes", Named(key)));
    return std::nullopt;
  }

  void Number(const std::string& key, double& value, double least, double most) {
    const toml::node* node = Get(key, false);
    if (node == nullptr) {
      return;
    }
    const std::optional<double> number = node->value<double>();
    if (!number || !node->is_number() || !(*number >= least && *number <= most)) {
      problems_.Add(*node,
                    fmt::format("{} must be a number from {} to {}", Named(key), least, most));
      return;
    }
    value = *number;
  }

  template <typename T>
  void Whole(const std::string& key, T& value, std::int64_t least, std::int64_t most) {
    const toml::node* node = Get(key, false);
    if (node == nullptr) {
      return;
    }
    const auto* number = node->as_integer();
    if (number == nullptr || number->get() < least || number->get() > most) {
      problems_.Add(
          *node, fmt::format("{} must be a whole number from {} to {}", Named(key), least, most));
      return;
    }
    value = static_cast<T>(number->get());
  }

  void Flag(const std::string& key, bool& value) {
    const toml::node* node = Get(key, false);
    if (node == nullptr) {
      return;
    }
    if (const auto* flag = node->as_boolean()) {
      value = flag->get();
      return;
    }
    problems_.Add(*node, fmt::format("{} must be true or false", Named(key)));
  }

  //! A path, from the folder of the configuration.
  std::optional<fs::path> Path(const std::string& key, bool required = false) {
    const auto text = Text(key, required);
    if (!text) {
      return std::nullopt;
    }
    return *text == "-" ? fs::path("-") : folder_ / *text;
  }

  //! A file that must be there.
  std::optional<fs::path> File(const std::string& key, bool required = false) {
    auto path = Path(key, required);
    if (path && (access(path->c_str(), R_OK) != 0 || fs::is_directory(*path))) {
      Wrong(key, fmt::format("{}: cannot read the file {}", Named(key), path->string()));
      return std::nullopt;
    }
    return path;
  }

  //! {env = "NAME"} or {file = "PATH"}: secrets never stand in the configuration itself.
  std::string Secret(const std::string& key) {
    const toml::node* node = Get(key, false);
    if (node == nullptr) {
      return {};
    }
    const toml::table* table = node->as_table();
    const auto* env = table != nullptr ? table->get_as<std::string>("env") : nullptr;
    const auto* file = table != nullptr ? table->get_as<std::string>("file") : nullptr;
    if ((env == nullptr) == (file == nullptr) || table->size() != 1) {
      problems_.Add(*node, fmt::format("{} must be {{ env = \"NAME\" }} or {{ file = \"PATH\" }}: "
                                       "secrets do not stand in the configuration",
                                       Named(key)));
      return {};
    }
    if (env != nullptr) {
      const char* value = std::getenv(env->get().c_str());
      if (value == nullptr || *value == '\0') {
        problems_.Add(*node, fmt::format("{}: the environment has no {}", Named(key), env->get()));
        return {};
      }
      return value;
    }
    try {
      return std::string(Trim(ReadFile(folder_ / file->get())));
    } catch (const Error& error) {
      problems_.Add(*node, fmt::format("{}: {}", Named(key), error.what()));
      return {};
    }
  }

  std::optional<Reader> Table(const std::string& key) {
    const toml::node* node = Get(key, false);
    if (node == nullptr) {
      return std::nullopt;
    }
    if (const toml::table* table = node->as_table()) {
      return Reader(*table, name_.empty() ? key : name_ + "." + key, folder_, problems_);
    }
    problems_.Add(*node, fmt::format("{} must be a table: [{}]", Named(key), key));
    return std::nullopt;
  }

  //! [[key]], any number of times.
  std::vector<Reader> Tables(const std::string& key) {
    std::vector<Reader> readers;
    const toml::node* node = Get(key, false);
    if (node == nullptr) {
      return readers;
    }
    const toml::array* array = node->as_array();
    if (array == nullptr || !array->is_homogeneous(toml::node_type::table)) {
      problems_.Add(*node, fmt::format("{} must be a list of tables: [[{}]]", Named(key), key));
      return readers;
    }
    for (const toml::node& one : *array) {
      readers.emplace_back(*one.as_table(), name_.empty() ? key : name_ + "." + key, folder_,
                           problems_);
    }
    return readers;
  }

  //! [[x, y], [x, y], …]
  std::vector<Point2> Points(const std::string& key) {
    std::vector<Point2> points;
    const toml::node* node = Get(key, true);
    const toml::array* array = node != nullptr ? node->as_array() : nullptr;
    if (array != nullptr) {
      for (const toml::node& one : *array) {
        const toml::array* pair = one.as_array();
        if (pair == nullptr || pair->size() != 2 || !pair->get(0)->is_number() ||
            !pair->get(1)->is_number()) {
          array = nullptr;
          break;
        }
        points.push_back({*pair->get(0)->value<double>(), *pair->get(1)->value<double>()});
      }
    }
    if (node != nullptr && array == nullptr) {
      problems_.Add(*node, fmt::format("{} must be a list of [x, y]", Named(key)));
      points.clear();
    }
    return points;
  }

  //! Two values of one kind.
  template <typename T>
  std::optional<std::array<T, 2>> Pair(const std::string& key, const char* what) {
    const toml::node* node = Get(key, false);
    if (node == nullptr) {
      return std::nullopt;
    }
    const toml::array* array = node->as_array();
    if (array != nullptr && array->size() == 2) {
      const auto a = array->get(0)->value<T>();
      const auto b = array->get(1)->value<T>();
      if (a && b) {
        return std::array<T, 2>{*a, *b};
      }
    }
    problems_.Add(*node, fmt::format("{} must be {}", Named(key), what));
    return std::nullopt;
  }

  void Finish() {
    for (const auto& [key, node] : table_) {
      const std::string name(key.str());
      if (!asked_.contains(name)) {
        std::string known;
        for (const std::string& one : asked_) {
          known += (known.empty() ? "" : ", ") + one;
        }
        problems_.Add(key.source().begin.line,
                      fmt::format("{} is unknown; there is {}", Named(name), known));
      }
    }
  }

 private:
  std::string Named(const std::string& key) const {
    return name_.empty() ? key : fmt::format("{} of {}", key, name_);
  }
  const toml::node* Get(const std::string& key, bool required) {
    asked_.insert(key);
    const toml::node* node = table_.get(key);
    if (node == nullptr && required) {
      problems_.Add(line(), fmt::format("{} is missing", Named(key)));
    }
    return node;
  }

  const toml::table& table_;
  std::string name_;
  fs::path folder_;
  Problems& problems_;
  std::set<std::string> asked_;
};

// Names become parts of topics and addresses.
bool IsPlainName(const std::string& name) {
  return !name.empty() && name.size() <= 64 &&
         std::all_of(name.begin(), name.end(), [](unsigned char c) {
           return (std::isalnum(c) != 0 && c < 0x80) || c == '-' || c == '_';
         });
}

std::string PlainName(Reader& reader, const std::string& key, const std::string& otherwise) {
  std::string name = reader.Text(key, otherwise.empty()).value_or(otherwise);
  if (reader.Has(key) && !IsPlainName(name)) {
    reader.Wrong(key, fmt::format("{} must be 1 to 64 letters, digits, - or _", key));
  }
  return name;
}

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

void ReadNetwork(Reader& root, SiteConfig& config) {
  auto network = root.Table("network");
  if (!network) {
    if (!root.Has("network")) {
      root.Wrong("", "the table [network] with model = \"FILE\" is missing");
    }
    return;
  }
  if (const auto model = network->File("model", true)) {
    config.model = *model;
    try {
      ReadModelInfo(*model);
    } catch (const Error& error) {
      network->Wrong("model", error.what());
    }
  }
  if (const auto size = network->Pair<std::int64_t>("size", "[width, height] in pixels")) {
    const auto fits = [](std::int64_t side) { return side >= 8 && side <= kMaxInputSide; };
    if (!fits((*size)[0]) || !fits((*size)[1])) {
      network->Wrong("size", fmt::format("the sides of size must be from 8 to {}", kMaxInputSide));
    } else {
      config.backend.width = static_cast<int>((*size)[0]);
      config.backend.height = static_cast<int>((*size)[1]);
    }
  }
  config.backend.device = network->Text("device").value_or(config.backend.device);
  network->Whole("threads", config.backend.threads, 0, 1024);
  config.backend.cache_dir = network->Path("cache").value_or(fs::path());
  network->Finish();
}

void ReadTracker(Reader& root, SiteConfig& config) {
  config.tracker.max_age = 30;
  auto tracker = root.Table("tracker");
  if (!tracker) {
    return;
  }
  config.tracker.tracker = tracker->Text("method").value_or(config.tracker.tracker);
  tracker->Whole("max_age", config.tracker.max_age, 0, kMaxTrackerFrames);
  tracker->Whole("min_hits", config.tracker.min_hits, 0, kMaxTrackerFrames);
  tracker->Number("iou_threshold", config.tracker.iou_threshold, 0, 1);
  tracker->Finish();
  try {
    Tracker::Create(config.tracker);
  } catch (const Error& error) {
    tracker->Wrong("method", error.what());
  }
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
  Place place;
  place.kind = kind;
  place.name = reader.Text("name", true).value_or("");
  place.points = reader.Points("points");
  const std::string units = reader.Text("units").value_or("pixels");
  if (units != "pixels" && units != "metres") {
    reader.Wrong("units", "units must be pixels or metres");
  }
  place.units = units == "metres" ? PlaceUnits::kMetres : PlaceUnits::kPixels;
  // Half a step on a floor; in a picture, what a detection trembles by.
  place.margin = place.units == PlaceUnits::kMetres ? 0.1 : 5;
  if (kind == PlaceKind::kShelf) {
    place.settle_s = 0.2;
    place.margin /= 2;
  }
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

void ReadCameras(Reader& root, const fs::path& folder, SiteConfig& config) {
  std::set<std::string> names;
  std::vector<Reader> cameras = root.Tables("camera");
  if (cameras.empty() && !root.Has("camera")) {
    root.Wrong("", "there is no camera: at least one [[camera]] is needed");
  }
  for (Reader& reader : cameras) {
    CameraConfig camera;
    camera.name = PlainName(reader, "name", "");
    if (!camera.name.empty() && !names.insert(camera.name).second) {
      reader.Wrong("name", fmt::format("there are two cameras \"{}\"", camera.name));
    }
    if (const auto input = reader.Text("input", true)) {
      camera.input = WithEnvironment(reader, "input", *input);
      if (camera.input.find("://") == std::string::npos) {
        camera.input = (folder / camera.input).string();
      }
      CheckInput(reader, camera);
    }
    reader.Number("fps", camera.fps, 0.1, 240);
    reader.Number("lost", camera.lost_s, 0.1, 3600);
    if (const auto lens = reader.File("lens")) {
      try {
        camera.lens = ReadCameraFile(*lens);
      } catch (const Error& error) {
        reader.Wrong("lens", error.what());
      }
    }
    for (const auto& [key, kind] : {std::pair{"zone", PlaceKind::kZone},
                                    {"line", PlaceKind::kLine},
                                    {"shelf", PlaceKind::kShelf}}) {
      for (Reader& place : reader.Tables(key)) {
        ReadPlace(place, kind, reader.Has("lens"), camera);
      }
    }
    reader.Finish();
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
  const bool local = http.host == "127.0.0.1" || http.host == "localhost" || http.host == "::1";
  if (on && !local && !reader->Has("token")) {
    reader->Wrong("listen", fmt::format("{} is open to others: set token = {{ env = \"NAME\" }}, "
                                        "or listen on 127.0.0.1",
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
  ReadTracker(root, config);
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

SiteConfigResult ReadSiteConfig(const fs::path& path) {
  SiteConfigResult result;
  Problems problems(path.string());
  try {
    const toml::table table = toml::parse(ReadFile(path), path.string());
    ReadRoot(table, fs::absolute(path).parent_path(), problems, result.config);
  } catch (const toml::parse_error& error) {
    problems.Add(error.source().begin.line, std::string(error.description()));
  } catch (const std::exception& error) {
    problems.Add(1, error.what());
  }
  result.problems = problems.Sorted();
  return result;
}

}  // namespace tenjo
