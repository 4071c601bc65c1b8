#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <nlohmann/json.hpp>
#include <random>

#include "tenjo/base/atomic_file.h"
#include "tenjo/base/error.h"
#include "tenjo/publish/events/sqlite_sink.h"
#include "tenjo/serve/event_query.h"
#include "tenjo/serve/site_config.h"
#include "tenjo/serve/status.h"
#include "tenjo/testing/paths.h"
#include "tenjo/testing/tiny_onnx.h"

namespace tenjo {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::TempDir;

constexpr const char* kCamera = R"({"lens": "equidistant", "width": 640, "height": 480, "fx": 200,
  "fy": 200, "cx": 320, "cy": 240, "max_angle": 90, "centre": [1, 2, 3],
  "world_from_camera": [[0, -1, 0], [-1, 0, 0], [0, 0, -1]]})";

constexpr const char* kGood = R"(site = "cafe"
folder = "data"

[network]
model = "net.onnx"
size = [64, 48]

[tracker]
max_age = 15

[[camera]]
name = "door"
input = "rtsp://user:${TENJO_TEST_PASSWORD}@10.0.0.5/stream"
fps = 5
lens = "door.json"
picture = true
anonymize = true

[[camera.zone]]
name = "till"
points = [[0, 0], [2, 0], [2.5, 2]]
units = "metres"
dwell = 30

[[camera.line]]
name = "entrance"
points = [[10, 10], [10, 200]]
point = "head"
directions = ["in", "out"]

[[camera.shelf]]
name = "milk"
units = "metres"
points = [[3, 0], [4, 0], [4, 1]]
height = [0.9, 1.3]

[[camera]]
name = "back"
input = "clip.mp4"
tracker = { method = "bytetrack", track_buffer = 50 }

[sink.sqlite]
keep_days = 90
[sink.lines]
path = "events.jsonl"
[sink.mqtt]
broker = "mqtts://broker:8883"
user = "cafe"
password = { env = "TENJO_TEST_PASSWORD" }
home_assistant = true
[sink.postgres]
connection = "host=db dbname=tenjo"
password = { file = "secret" }

[http]
listen = "0.0.0.0:9000"
token = { env = "TENJO_TEST_PASSWORD" }

[[http.user]]
name = "anna"
role = "editor"
hash = "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21l$RdescudvJCsgt3ub+b7dRWJJTmaaVHbHgd0vc2ErzFc"
)";

class SiteConfigTest : public ::testing::Test {
 protected:
  SiteConfigTest() {
    setenv("TENJO_TEST_PASSWORD", "a-very-secret-word", 1);
    WriteFile(dir / "door.json", kCamera);
    WriteFile(dir / "secret", "word\n");
    WriteFile(dir / "clip.mp4", "");
    testing::WriteTinyPoseNetwork(dir / "net.onnx");
  }
  SiteConfigResult Read(const std::string& text) {
    WriteFile(dir / "cafe.toml", text);
    return ReadSiteConfig(dir / "cafe.toml");
  }
  // The good file with one piece changed has exactly this problem, at this line.
  void ExpectProblem(const std::string& from, const std::string& to, int line,
                     const std::string& words) {
    std::string text = kGood;
    const auto at = text.find(from);
    ASSERT_NE(at, std::string::npos) << from;
    text.replace(at, from.size(), to);
    const auto problems = Read(text).problems;
    ASSERT_EQ(problems.size(), 1U)
        << to << (problems.empty() ? "" : "\n" + problems[1 % problems.size()].text);
    EXPECT_NE(problems[0].text.find(fmt::format("cafe.toml:{}: ", line)), std::string::npos)
        << problems[0].text;
    EXPECT_NE(problems[0].text.find(words), std::string::npos) << problems[0].text;
    EXPECT_EQ(problems[0].text.find("a-very-secret-word"), std::string::npos);
  }
  TempDir dir;
};

TEST_F(SiteConfigTest, ReadsEverything) {
  const SiteConfigResult read = Read(kGood);
  for (const ConfigProblem& problem : read.problems) {
    ADD_FAILURE() << problem.text;
  }
  const SiteConfig& config = read.config;
  EXPECT_EQ(config.site, "cafe");
  EXPECT_EQ(config.backend.width, 64);
  ASSERT_EQ(config.cameras.size(), 2U);
  const CameraConfig& door = config.cameras[0];
  EXPECT_EQ(door.input, "rtsp://user:a-very-secret-word@10.0.0.5/stream");
  EXPECT_EQ(door.fps, 5);
  EXPECT_EQ(door.tracker.max_age, 15);
  EXPECT_TRUE(door.picture);
  EXPECT_TRUE(door.anonymize);
  EXPECT_FALSE(config.cameras[1].anonymize);
  EXPECT_EQ(config.cameras[1].tracker.tracker, "bytetrack");
  EXPECT_EQ(config.cameras[1].tracker.track_buffer, 50);
  ASSERT_TRUE(door.lens);
  EXPECT_NEAR(door.lens->centre.z(), 3, 1e-12);
  ASSERT_EQ(door.places.size(), 3U);
  EXPECT_EQ(door.places[0].kind, PlaceKind::kZone);
  EXPECT_EQ(door.places[0].dwell_every_s, 30);
  EXPECT_EQ(door.places[1].point, BodyPoint::kHead);
  EXPECT_EQ(door.places[1].directions[0], "in");
  EXPECT_EQ(door.places[2].high_m, 1.3);
  EXPECT_EQ(config.sqlite->keep_days, 90);
  EXPECT_EQ(config.mqtt->password, "a-very-secret-word");
  EXPECT_EQ(config.postgres->password, "word");
  EXPECT_EQ(config.http->port, 9000);
  ASSERT_EQ(config.http->users.size(), 1U);
  EXPECT_EQ(config.http->users[0].role, Role::kEditor);
  EXPECT_EQ(config.http->token_role, Role::kViewer);
  EXPECT_EQ(config.outbox.path, dir / "data" / "outbox.db");
}

TEST_F(SiteConfigTest, NamesEveryErrorWithItsLine) {
  ExpectProblem("max_age = 15", "max_age = -1", 9, "max_age");
  ExpectProblem("max_age = 15", "max_agee = 15", 9, "max_agee of tracker is unknown");
  ExpectProblem("fps = 5", "fps = \"5\"", 14, "fps");
  ExpectProblem("\"door.json\"", "\"absent.json\"", 15, "absent.json");
  ExpectProblem("\"door.json\"", "\"secret\"", 15, "no camera file");
  ExpectProblem("[2, 0], [2.5, 2]]", "[2, 0], [4, 0]]", 21, "no polygon");
  ExpectProblem("[2, 0], [2.5, 2]]", "[2], [4, 0]]", 21, "list of [x, y]");
  ExpectProblem("name = \"entrance\"", "name = \"till\"", 26, "two places");
  ExpectProblem("point = \"head\"", "point = \"nose\"", 28, "left_wrist");
  ExpectProblem("height = [0.9, 1.3]", "height = [1.3, 0.9]", 34, "height range");
  ExpectProblem("name = \"back\"", "name = \"door\"", 38, "two cameras");
  ExpectProblem("name = \"back\"", "name = \"back door\"", 38, "letters");
  ExpectProblem("\"clip.mp4\"", "\"gone.mp4\"", 39, "gone.mp4");
  ExpectProblem("{ env = \"TENJO_TEST_PASSWORD\" }", "\"plain\"", 49, "do not stand");
  ExpectProblem("{ env = \"TENJO_TEST_PASSWORD\" }", "{ env = \"TENJO_ABSENT\" }", 49,
                "no TENJO_ABSENT");
  ExpectProblem("mqtts://broker", "http://broker", 47, "mqtt://");
  ExpectProblem("host=db", "host=db password=x", 52, "without a password");
  ExpectProblem("{ file = \"secret\" }", "{ file = \"gone\" }", 53, "gone");
  ExpectProblem("role = \"editor\"", "role = \"owner\"", 61, "viewer, editor");
  ExpectProblem("hash = \"$argon2id$v=19", "hash = \"$argon2id$v=18", 62, "--hash-password");
  ExpectProblem("method = \"bytetrack\"", "method = \"sort\"", 40, "has no track_buffer");
  ExpectProblem("method = \"bytetrack\"", "method = \"bytes\"", 40, "bytes");
  ExpectProblem("method = \"bytetrack\", track_buffer = 50", "method = \"deepsort\"", 40,
                "appearance = ");
  ExpectProblem("track_buffer = 50", "associate = \"floor\"", 40, "needs the camera's lens");
  ExpectProblem("0.0.0.0:9000", "9000", 56, "ADDRESS:PORT");
  ExpectProblem("model = \"net.onnx\"", "model = \"door.json\"", 5, "");
  ExpectProblem("size = [64, 48]", "size = [64]", 6, "size");
  ExpectProblem("size = [64, 48]", "size = [64, 50]", 6, "in steps of 8");
  ExpectProblem("model = \"net.onnx\"", "model = \"poser\"", 5, "there is no network poser");
  ExpectProblem("size = [64, 48]", "precision = \"int4\"", 6, "auto, fp32, bf16, int8");
  ExpectProblem("size = [64, 48]", "precision = \"int8\"", 6, "net-int8.onnx");
  ExpectProblem("size = [64, 48]", "third_look = \"no\"", 6, "auto, on, off");
}

TEST_F(SiteConfigTest, AThirdLookMayBeLeftOut) {
  EXPECT_TRUE(Read(kGood).config.third_look);
  std::string text = kGood;
  text.insert(text.find("size = [64, 48]"), "third_look = \"off\"\n");
  const SiteConfigResult read = Read(text);
  EXPECT_TRUE(read.problems.empty());
  EXPECT_FALSE(read.config.third_look);
}

TEST_F(SiteConfigTest, PathsAreFromTheFolderOfTheFileItself) {
  EXPECT_TRUE(Read(kGood).problems.empty());
  fs::create_directories(dir / "etc");
  fs::create_symlink(dir / "cafe.toml", dir / "etc" / "cafe.toml");
  const SiteConfigResult linked = ReadSiteConfig(dir / "etc" / "cafe.toml");
  EXPECT_TRUE(linked.problems.empty());
  EXPECT_EQ(linked.config.folder, fs::canonical(dir / "cafe.toml").parent_path() / "data");
}

TEST_F(SiteConfigTest, TheNetworkThatShipsIsTheDefault) {
  const std::string camera = "[[camera]]\nname = \"back\"\ninput = \"clip.mp4\"\n";
  const fs::path models = dir / "models";
  setenv("TENJO_MODELS", models.c_str(), 1);
  setenv("XDG_CACHE_HOME", "/cache", 1);
  fs::create_directories(models);
  // Without any network its absence is the one problem.
  auto problems = Read(camera).problems;
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_NE(problems[0].text.find("no network pose"), std::string::npos) << problems[0].text;
  testing::WriteTinyPoseNetwork(models / "tenjo-pose.onnx");
  const SiteConfigResult read = Read(camera);
  EXPECT_TRUE(read.problems.empty());
  EXPECT_EQ(read.config.model, models / "tenjo-pose.onnx");
  EXPECT_EQ(read.config.backend.cache_dir, "/cache/tenjo");
  EXPECT_EQ(Read("[network]\ncache = \"\"\n" + camera).config.backend.cache_dir, "");
  EXPECT_EQ(Read("[network]\ncache = \"kept\"\n" + camera).config.backend.cache_dir, dir / "kept");
  unsetenv("TENJO_MODELS");
}

TEST_F(SiteConfigTest, OpenToOthersOnlyWithALogin) {
  const std::string text = kGood;
  const std::string head = text.substr(0, text.find("token = { env"));
  const auto problems = Read(head).problems;
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_EQ(problems[0].line, 56);
  EXPECT_NE(problems[0].text.find("open to others"), std::string::npos) << problems[0].text;
  EXPECT_TRUE(Read(head + text.substr(text.find("[[http.user]]"))).problems.empty());
}

TEST_F(SiteConfigTest, TellsAllErrorsAtOnce) {
  const auto problems = Read(
                            "site = 5\n[network]\nmodel = \"gone.onnx\"\n[[camera]]\nname = "
                            "\"a\"\nx = 1\n[sink.mqtt]\n")
                            .problems;
  EXPECT_EQ(problems.size(), 5U);
  EXPECT_EQ(Read("site = \"a\nb").problems.size(), 1U);
  EXPECT_EQ(ReadSiteConfig(dir / "absent.toml").problems.size(), 1U);
}

TEST_F(SiteConfigTest, BearsAnyBytes) {
  std::mt19937 random(5);
  const std::string good = kGood;
  for (int i = 0; i < 300; ++i) {
    std::string text = good.substr(0, random() % (good.size() + 1));
    for (int flips = 0; flips < 3 && !text.empty(); ++flips) {
      text[random() % text.size()] = static_cast<char>(random());
    }
    EXPECT_NO_THROW(Read(text));
  }
}

Event MakeEvent(EventType type, std::int64_t track, double utc_s) {
  Event event;
  event.type = type;
  event.camera = "door";
  event.place = type == EventType::kAppeared ? "" : "a,\"b\"";
  event.track = track;
  event.utc_s = utc_s;
  return event;
}

TEST(EventQuery, FiltersAndPages) {
  const TempDir dir;
  SqliteSink sink({.path = dir / "t.db"});
  sink.Open();
  std::vector<Item> items;
  for (int i = 0; i < 100; ++i) {
    items.push_back(MakeItem(
        "cafe",
        MakeEvent(i % 2 == 0 ? EventType::kEntered : EventType::kAppeared, i / 10, 1.7e9 + i / 2)));
  }
  for (int i = 0; i < 3; ++i) {
    items.push_back(MakeItem("cafe", PlaceMinute{.camera = "door",
                                                 .place = "till",
                                                 .minute = 28333333 + i / 2,
                                                 .seconds = 30,
                                                 .person_seconds = 45,
                                                 .most = i,
                                                 .entered = 2}));
  }
  sink.Deliver(items);
  const auto ask = [&](std::map<std::string, std::string> parameters) {
    return json::parse(EventsAsJson(dir / "t.db", [=](const std::string& name) {
      const auto at = parameters.find(name);
      return at == parameters.end() ? std::nullopt : std::optional(at->second);
    }));
  };
  EXPECT_EQ(ask({}).size(), 100U);
  EXPECT_EQ(ask({{"event", "entered"}}).size(), 50U);
  EXPECT_EQ(ask({{"event", "entered"}, {"track", "3"}}).size(), 5U);
  EXPECT_EQ(ask({{"camera", "back"}}).size(), 0U);
  EXPECT_EQ(ask({{"since", "2023-11-14T22:13:40"}}).size(), 60U);
  EXPECT_EQ(ask({{"until", "2023-11-14T22:13:40"}}).size(), 40U);
  std::vector<json> paged;
  std::string after;
  while (true) {
    std::map<std::string, std::string> parameters = {{"limit", "7"}};
    if (!after.empty()) {
      parameters["after"] = after;
    }
    const json page = ask(parameters);
    if (page.empty()) {
      break;
    }
    paged.insert(paged.end(), page.begin(), page.end());
    after = page.back()["id"];
  }
  EXPECT_EQ(json(paged), ask({}));
  for (const auto& [name, value] : {std::pair{"limit", "0"},
                                    {"limit", "x"},
                                    {"track", "1e3"},
                                    {"since", "yesterday"},
                                    {"since", "2023-1x"},
                                    {"event", "'; DROP TABLE event"}}) {
    EXPECT_THROW(ask({{name, value}}), Error) << value;
  }
  const Parameters none = [](const std::string&) { return std::optional<std::string>(); };
  const std::string csv = EventsAsCsv(dir / "t.db", none);
  EXPECT_EQ(std::count(csv.begin(), csv.end(), '\n'), 101);
  EXPECT_NE(csv.find("\"a,\"\"b\"\"\""), std::string::npos);
  const json hours = json::parse(OccupancyAsJson(dir / "t.db", none));
  ASSERT_EQ(hours.size(), 1U);
  EXPECT_EQ(hours[0]["entered"], 6);
  EXPECT_EQ(hours[0]["seconds"], 90);
  EXPECT_EQ(hours[0]["most"], 2);
}

TEST(Status, IsJsonAndPrometheus) {
  ServiceStatus status;
  status.site = "cafe";
  CameraStatus camera;
  camera.name = "door";
  camera.online = true;
  camera.places.push_back(
      {.name = "a \"b\" \\", .kind = PlaceKind::kLine, .inside = {}, .forward = 3});
  camera.places.push_back({.name = "till", .kind = PlaceKind::kZone, .inside = {4, 5}});
  status.cameras.push_back(camera);
  status.sinks.push_back({.name = "mqtt", .ok = false, .problem = "away", .waiting = 7});
  const json state = json::parse(StatusToJson(status));
  EXPECT_FALSE(state["healthy"]);
  EXPECT_EQ(state["cameras"][0]["places"]["till"]["inside"], 2);
  EXPECT_EQ(state["sinks"][0]["problem"], "away");
  const std::string text = StatusToPrometheus(status);
  EXPECT_NE(text.find("tenjo_line_crossed_total{camera=\"door\",place=\"a \\\"b\\\" \\\\\","
                      "direction=\"forward\"} 3\n"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("tenjo_sink_waiting{sink=\"mqtt\"} 7\n"), std::string::npos);
}

}  // namespace
}  // namespace tenjo
