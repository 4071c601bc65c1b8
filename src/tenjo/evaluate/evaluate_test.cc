#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <string>

#include "tenjo/base/error.h"
#include "tenjo/evaluate/appearance_eval.h"
#include "tenjo/evaluate/coco.h"
#include "tenjo/evaluate/json_reader.h"
#include "tenjo/evaluate/linear_assignment.h"
#include "tenjo/evaluate/track_data.h"

namespace tenjo {
namespace {

TEST(LinearAssignment, IsBestAmongAllPermutations) {
  std::mt19937 random(2);
  LinearAssignment assignment;
  for (int round = 0; round < 300; ++round) {
    const std::size_t rows = 1 + random() % 5;
    const std::size_t columns = 1 + random() % 5;
    std::vector<double> gains(rows * columns);
    for (double& gain : gains) {
      gain = static_cast<double>(random() % 7);
    }
    double sum = 0;
    std::size_t pairs = 0;
    for (const auto& [r, c] : assignment.Maximise(gains, rows, columns)) {
      sum += gains[static_cast<std::size_t>(r) * columns + static_cast<std::size_t>(c)];
      ++pairs;
    }
    EXPECT_EQ(pairs, std::min(rows, columns));
    std::vector<std::size_t> order = {0, 1, 2, 3, 4};
    double best = 0;
    do {
      double all = 0;
      for (std::size_t r = 0; r < rows; ++r) {
        all += order[r] < columns ? gains[r * columns + order[r]] : 0;
      }
      best = std::max(best, all);
    } while (std::next_permutation(order.begin(), order.end()));
    EXPECT_EQ(sum, best);
  }
}

TEST(JsonReader, NumbersAreTheNearestDoubles) {
  std::mt19937_64 random(3);
  for (int i = 0; i < 20000; ++i) {
    char text[64];
    const double value =
        std::ldexp(static_cast<double>(random()), static_cast<int>(random() % 80) - 70);
    std::snprintf(text, sizeof(text), i % 2 == 0 ? "%.*f" : "%.*e", static_cast<int>(random() % 18),
                  i % 3 == 0 ? -value : value);
    JsonReader reader(text, "x");
    EXPECT_EQ(reader.Number(), std::strtod(text, nullptr)) << text;
  }
  for (const char* bad : {"01", "1.", ".5", "+1", "1e", "-", "NaN", "1e999", "Infinity", ""}) {
    JsonReader reader(bad, "x");
    EXPECT_THROW(
        {
          reader.Number();
          reader.End();
        },
        Error)
        << bad;
  }
}

TEST(JsonReader, TextsAreUnescaped) {
  JsonReader reader(R"("a\"\\\n\u00e9\ud83d\ude00")", "x");
  EXPECT_EQ(reader.String(), "a\"\\\n\xC3\xA9\xF0\x9F\x98\x80");
}

//! Parses damaged texts: each is taken or refused by Error, nothing else.
template <typename Parse>
void Damage(const std::string& good, const Parse& parse) {
  std::mt19937 random(4);
  EXPECT_NO_THROW(parse(good));
  for (int i = 0; i < 3000; ++i) {
    std::string bad = good;
    if (i % 3 == 0) {
      bad.resize(random() % bad.size());
    }
    for (unsigned k = random() % 4; k > 0 && !bad.empty(); --k) {
      bad[random() % bad.size()] ^= static_cast<char>(1U << random() % 8);
    }
    try {
      parse(bad);
    } catch (const Error& error) {
      EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos);
    }
  }
}

TEST(Coco, DamagedFiles) {
  const std::string truth_text =
      R"({"images":[{"id":1,"file_name":"a.jpg","camera":{"lens":"pinhole","tilt":3}},{"id":2}],)"
      R"("annotations":[{"id":5,"image_id":1,"category_id":1,"bbox":[1,2,3,4],"iscrowd":0,)"
      R"("rotated_box":[1,2,3,4,5.5],"segmentation":{"counts":"a\\b","size":[3,4]}}],)"
      R"("categories":[{"id":1,"name":"person"}]})";
  Damage(truth_text, [](const std::string& text) { ParseCocoTruth(text, "x"); });
  const CocoTruth truth = ParseCocoTruth(truth_text, "x");
  Damage(
      R"([{"image_id":1,"score":0.5,"bbox":[1,2,3,4]},{"image_id":2,"score":1e-3,"bbox":[0,0,1,1]}])",
      [&](const std::string& text) { ParseCocoResults(text, "x", truth); });
  Damage("1,1,2.5,3,4,5,1,1,0.5\n1,2,2,3,4,5,1,1,0.5\r\n 2 , 1,2,3,4,5\n",
         [](const std::string& text) { ParseTrackRows(text, "x", true); });
  Damage("identity,camera\n1,1,0.5,0.25\n2,1,-0.5,1e-3\n",
         [](const std::string& text) { ParseEmbeddings(text, "x"); });
}

TEST(Coco, VisibleOnlyAndHeights) {
  CocoTruth truth;
  truth.people.resize(2);
  truth.people[0].num_keypoints = 2;
  truth.people[0].points[0] = {1, 1, 1};
  truth.people[0].points[1] = {1, 1, 2};
  truth.people[0].box = {0, 0, 10, 50};
  truth.people[1].box = {0, 0, 10, 500};
  KeepVisiblePoints(truth);
  EXPECT_EQ(truth.people[0].num_keypoints, 1);
  EXPECT_EQ(truth.people[0].points[0].v, 0);
  IgnoreOtherHeights(truth, 20, 100);
  EXPECT_FALSE(truth.people[0].ignore);
  EXPECT_TRUE(truth.people[1].ignore);
}

}  // namespace
}  // namespace tenjo
