#include "tenjo/serve/site_edit.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <random>

#include "tenjo/base/atomic_file.h"
#include "tenjo/camera/camera_file.h"
#include "tenjo/serve/calibration_request.h"
#include "tenjo/testing/errors.h"
#include "tenjo/testing/paths.h"
#include "tenjo/testing/tiny_onnx.h"

namespace tenjo {
namespace {

using nlohmann::json;

constexpr const char* kText = R"(# The café by the river
site = "cafe"

[network]
model = "net.onnx"  # small

# Where they come in
[[camera]]
name = "door" # über
input = "clip.mp4"

  # Who pays
  [[camera.zone]]
  name = "till 日本"   # the old one
  points = [
    [400, 100], # left
    [600, 100], [600, 300]
  ]  # all
  point = "middle"
  dwell = 30

[[camera.line]]
name = "entrance"
points = [[320, 470], [320, 20]]
directions = ["in", "out"]

[camera.tracker]
method = "sort"

# The yard
[[camera]]
name = "yard"
input = "clip.mp4"

[http]
listen = "127.0.0.1:0"
# the end)";

class SiteEdit : public ::testing::Test {
 protected:
  SiteEdit() {
    WriteFile(dir / "clip.mp4", "");
    testing::WriteTinyPoseNetwork(dir / "net.onnx");
  }
  SiteConfig Config(const std::string& text) {
    SiteConfigResult read = ParseSiteConfig(text, dir / "cafe.toml");
    for (const ConfigProblem& problem : read.problems) {
      ADD_FAILURE() << problem.text << "\n" << text;
    }
    return std::move(read.config);
  }
  json Places(const std::string& text) { return json::parse(PlacesToJson(Config(text))); }
  static std::string Edit(const std::string& text, const json& places) {
    return EditPlaces(text, PlacesFromJson(json{{"places", places}}.dump()));
  }
  testing::TempDir dir;
};

TEST_F(SiteEdit, TheSamePlacesKeepTheTextByteForByte) {
  EXPECT_EQ(Edit(kText, Places(kText)), kText);
}

TEST_F(SiteEdit, ChangesWhatChangedAndKeepsComments) {
  json places = Places(kText);
  ASSERT_EQ(places.size(), 2U);
  places[0]["points"][1] = {610.5, 90};
  places[0]["settle"] = 1.5;
  places[0]["dwell"] = 0;
  const std::string text = Edit(kText, places);
  EXPECT_EQ(Places(text), places);
  for (const char* kept :
       {"# The café by the river", "# small", "# über", "# Who pays", "# the old one", "# all",
        "# The yard", "# the end", "directions = [\"in\", \"out\"]"}) {
    EXPECT_SAYS(text, kept);
  }
  EXPECT_EQ(Edit(text, places), text);
}

TEST_F(SiteEdit, AddsAndRemovesPlaces) {
  json places = Places(kText);
  const json till = places[0];
  places.erase(0);
  places.push_back({{"camera", "yard"},
                    {"name", "gate \"5\" \\ 門"},
                    {"kind", "line"},
                    {"units", "pixels"},
                    {"points", {{1, 2}, {3.25, 4}}},
                    {"directions", {"hin", "her"}}});
  places.push_back({{"camera", "yard"},
                    {"name", "milk"},
                    {"kind", "shelf"},
                    {"units", "pixels"},
                    {"points", {{1, 2}, {30, 4}, {5, 60}}}});
  const std::string text = Edit(kText, places);
  EXPECT_EQ(text.find("till"), std::string::npos) << text;
  EXPECT_SAYS(text, "# Who pays");
  const json now = Places(text);
  ASSERT_EQ(now.size(), 3U);
  EXPECT_EQ(now[1]["name"], "gate \"5\" \\ 門");
  EXPECT_EQ(now[1]["camera"], "yard");
  EXPECT_EQ(now[2]["settle"], 0.2);
  const json back = Places(Edit(text, json::array({places[0], till})));
  EXPECT_EQ(back.size(), 2U);
  EXPECT_TRUE(Places(Edit(text, json::array())).empty());
}

// Random edits: the file says afterwards what was asked for, and all else of it stays.
TEST_F(SiteEdit, AnyPlacesComeBackAsTheyWereSent) {
  std::mt19937 random(11);
  std::string text = kText;
  for (int round = 0; round < 60; ++round) {
    json places = json::array();
    const int count = static_cast<int>(random() % 5);
    for (int i = 0; i < count; ++i) {
      const bool line = random() % 2 == 0;
      const double x = static_cast<double>(random() % 1000) / 8;
      json place = {{"camera", random() % 2 == 0 ? "door" : "yard"},
                    {"name", "p" + std::to_string(random() % 4) + (random() % 2 == 0 ? " ü" : "")},
                    {"kind", line ? "line" : "zone"},
                    {"units", "pixels"},
                    {"points", {{x, 1}, {x + 50, 2.125}}},
                    {"settle", static_cast<double>(random() % 4) / 10}};
      if (!line) {
        place["points"].push_back({x, 80});
        place["dwell"] = random() % 3;
      }
      const auto same = [&](const json& other) {
        return other["camera"] == place["camera"] && other["name"] == place["name"];
      };
      if (std::none_of(places.begin(), places.end(), same)) {
        places.push_back(place);
      }
    }
    text = Edit(text, places);
    const json now = Places(text);
    ASSERT_EQ(now.size(), places.size()) << text;
    for (const json& place : places) {
      const auto found = std::find_if(now.begin(), now.end(), [&](const json& other) {
        return other["camera"] == place["camera"] && other["name"] == place["name"];
      });
      ASSERT_NE(found, now.end()) << place;
      for (const auto& [key, value] : place.items()) {
        EXPECT_EQ((*found)[key], value) << key << "\n" << text;
      }
    }
    EXPECT_SAYS(text, "# The yard");
    EXPECT_SAYS(text, "# the end");
  }
}

TEST_F(SiteEdit, NamesAllThatIsWrongWithPlaces) {
  json places = Places(kText);
  places[0]["points"] = {{0, 0}, {1, 0}, {2, 0}};
  places[1]["directions"] = {"in"};
  places.push_back(json::array());
  try {
    PlacesFromJson(json{{"places", places}}.dump());
    ADD_FAILURE() << "must be refused";
  } catch (const EditRefused& refused) {
    ASSERT_EQ(refused.problems.size(), 3U);
    EXPECT_EQ(refused.problems[0].place, "till 日本");
    EXPECT_SAYS(refused.problems[0].message, "polygon");
    EXPECT_EQ(refused.problems[1].place, "entrance");
    EXPECT_SAYS(refused.problems[1].message, "directions");
  }
  json lost = Places(kText);
  lost[0]["camera"] = "nowhere";
  EXPECT_SAYS(testing::Failure([&] { Edit(kText, lost); }), "no camera \"nowhere\"");
  const std::string inlined = std::string("camera = [{name = \"a\"}]\n");
  EXPECT_SAYS(testing::Failure([&] { Edit(inlined, json::array()); }), "inline");
  EXPECT_SAYS(testing::Failure([&] { Edit("x = [", json::array()); }), "TOML");
  for (const char* body : {"", "[]", "{", "{\"places\": 5}", "{\"places\": [], \"x\": 1}"}) {
    EXPECT_SAYS(testing::Failure([&] { PlacesFromJson(body); }), "{\"places\"");
  }
}

TEST_F(SiteEdit, BearsAnyBytes) {
  std::mt19937 random(7);
  const std::string good = json{{"places", Places(kText)}}.dump();
  for (int i = 0; i < 2000; ++i) {
    std::string body = good.substr(0, i % 2 == 0 ? std::string::npos : 1 + random() % good.size());
    for (int flip = 0; flip < 2; ++flip) {
      body[random() % body.size()] = static_cast<char>(random());
    }
    try {
      EditPlaces(kText, PlacesFromJson(body + " "));
    } catch (const Error&) {
      continue;
    }
  }
}

TEST_F(SiteEdit, SetsAKeyOfOneCamera) {
  const std::string added = EditCamera(kText, "door", "lens", "\"door.camera.json\"");
  EXPECT_SAYS(added, "input = \"clip.mp4\"\nlens = \"door.camera.json\"\n");
  const std::string changed = EditCamera(added, "door", "lens", "\"x.json\"");
  EXPECT_SAYS(changed, "lens = \"x.json\"\n");
  EXPECT_EQ(changed.size() + 10, added.size());
  EXPECT_SAYS(testing::Failure([&] { EditCamera(kText, "x", "lens", "1"); }), "no camera");
}

TEST_F(SiteEdit, KnowsThePlaceOfALine) {
  EXPECT_EQ(PlaceAtLine(kText, 15), std::pair(std::string("door"), std::string("till 日本")));
  EXPECT_EQ(PlaceAtLine(kText, 10), std::pair(std::string("door"), std::string()));
  EXPECT_EQ(PlaceAtLine(kText, 5), std::pair(std::string(), std::string()));
}

TEST_F(SiteEdit, AFileKeepsItsRightsAndLinksAreFollowed) {
  WriteFile(dir / "real.toml", "a");
  chmod((dir / "real.toml").c_str(), 0600);
  std::filesystem::create_symlink(dir / "real.toml", dir / "link.toml");
  ReplaceFile(dir / "link.toml", "b");
  EXPECT_TRUE(std::filesystem::is_symlink(dir / "link.toml"));
  EXPECT_EQ(ReadFile(dir / "real.toml"), "b");
  struct stat now = {};
  ASSERT_EQ(stat((dir / "real.toml").c_str(), &now), 0);
  EXPECT_EQ(now.st_mode & 0777, 0600U);
  EXPECT_NE(EntityTag("a"), EntityTag("b"));
}

TEST(CalibrationRequest, FindsACameraFromFourPoints) {
  const Camera truth = ParseCamera(
      R"({"lens": "pinhole", "width": 768, "height": 432, "fov": 80, "tilt": 40, "pan": 20,
          "centre": [1, -2, 2.8]})",
      "truth");
  json points = json::array();
  for (const auto& [x, y] : {std::pair{2.0, -2.5}, {4.0, -2.0}, {4.5, 0.5}, {2.5, 0.2}}) {
    const auto pixel = truth.Project({x, y, 0});
    ASSERT_TRUE(pixel);
    points.push_back({{"pixel", {pixel->x(), pixel->y()}}, {"floor", {x, y}}});
  }
  const auto ask = [&](const json& body) {
    return CalibrateFromRequest(body.dump(), std::nullopt, 768, 432);
  };
  const Calibration known = ask({{"points", points}, {"fov", 80}});
  EXPECT_NEAR(known.camera.centre.z(), 2.8, 0.01);
  EXPECT_NEAR(TiltDegrees(known.camera), 40, 0.2);
  EXPECT_LT(known.error_px, 0.1);
  const Calibration found = ask({{"points", points}});
  EXPECT_NEAR(found.camera.centre.z(), 2.8, 0.05);
  json line = points;
  for (std::size_t i = 0; i < line.size(); ++i) {
    line[i]["floor"] = {i, i};
  }
  EXPECT_THROW(ask({{"points", line}}), EditRefused);
  EXPECT_THROW(ask({{"points", json::array({points[0]})}}), Error);
  EXPECT_THROW(ask({{"points", points}, {"lens", "telescope"}}), Error);
  EXPECT_THROW(ask({{"points", points}, {"x", 1}}), Error);
  EXPECT_THROW(CalibrateFromRequest("[", std::nullopt, 768, 432), Error);
}

}  // namespace
}  // namespace tenjo
