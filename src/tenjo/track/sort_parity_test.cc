// SORT against the answers of its reference implementation on the 11 MOT15 training sequences.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "tenjo/dataset/mot.h"
#include "tenjo/testing/paths.h"
#include "tenjo/track/tracker.h"

namespace tenjo {
namespace {

using Frames = std::map<std::int64_t, std::vector<MotBox>>;

Frames ByFrame(const std::vector<MotBox>& boxes) {
  Frames frames;
  for (const MotBox& box : boxes) {
    frames[box.frame].push_back(box);
  }
  return frames;
}

std::vector<MotBox> Track(const std::vector<MotBox>& boxes) {
  const std::unique_ptr<Tracker> tracker = Tracker::Create({});
  std::vector<MotBox> answer;
  std::int64_t last = 0;
  for (const auto& [frame, found] : ByFrame(boxes)) {
    std::vector<Detection> detections;
    for (const MotBox& box : found) {
      detections.push_back({box.box, box.score});
    }
    tracker->Skip(frame - last - 1);
    last = frame;
    for (const TrackedBox& tracked : tracker->Update(detections)) {
      answer.push_back({frame, tracked.id, tracked.box, tracked.score});
    }
  }
  return answer;
}

double Distance(const Box& a, const Box& b) {
  return std::max(
      {std::abs(a.x - b.x), std::abs(a.y - b.y), std::abs(a.w - b.w), std::abs(a.h - b.h)});
}

// Boxes and identities of one sequence against the reference; the greatest difference in pixels.
double Compare(const std::vector<MotBox>& answer, const std::vector<MotBox>& reference) {
  constexpr double kTolerance = 0.02;
  EXPECT_EQ(answer.size(), reference.size());
  Frames ours = ByFrame(answer);
  std::map<std::int64_t, std::int64_t> theirs_of_ours;
  std::map<std::int64_t, std::int64_t> ours_of_theirs;
  double greatest = 0;
  for (const auto& [frame, boxes] : ByFrame(reference)) {
    std::vector<MotBox>& candidates = ours[frame];
    EXPECT_EQ(candidates.size(), boxes.size()) << "frame " << frame;
    for (const MotBox& truth : boxes) {
      const auto nearest = std::min_element(
          candidates.begin(), candidates.end(), [&](const MotBox& a, const MotBox& b) {
            return Distance(a.box, truth.box) < Distance(b.box, truth.box);
          });
      if (nearest == candidates.end() || Distance(nearest->box, truth.box) > kTolerance) {
        ADD_FAILURE() << "frame " << frame << ": no box like the reference's " << truth.id;
        continue;
      }
      greatest = std::max(greatest, Distance(nearest->box, truth.box));
      const std::int64_t id = nearest->id;
      EXPECT_EQ(theirs_of_ours.try_emplace(id, truth.id).first->second, truth.id)
          << "frame " << frame << ": our " << id;
      EXPECT_EQ(ours_of_theirs.try_emplace(truth.id, id).first->second, id)
          << "frame " << frame << ": their " << truth.id;
      candidates.erase(nearest);
    }
  }
  // Ids start at 1 and have no gaps.
  EXPECT_TRUE(theirs_of_ours.empty() ||
              theirs_of_ours.rbegin()->first == static_cast<std::int64_t>(theirs_of_ours.size()));
  return greatest;
}

TEST(SortParityTest, AnswersAsTheReferenceOnMot15) {
  TENJO_NEEDS_SHARED("mot15");
  int sequences = 0;
  std::size_t boxes = 0;
  double greatest = 0;
  for (const auto& entry : std::filesystem::directory_iterator(testing::SharedData("mot15"))) {
    if (!entry.is_directory()) {
      continue;
    }
    SCOPED_TRACE(entry.path().filename().string());
    const MotFile detections = ReadMot(entry.path() / "det.txt");
    const MotFile reference = ReadMot(entry.path() / "sort.py.txt");
    const double difference = Compare(Track(detections.boxes), reference.boxes);
    std::printf("%-16s %5zu boxes, at most %.4f px apart\n", entry.path().filename().c_str(),
                reference.boxes.size(), difference);
    ++sequences;
    boxes += reference.boxes.size();
    greatest = std::max(greatest, difference);
  }
  std::printf("%d sequences, %zu boxes, at most %.4f px apart\n", sequences, boxes, greatest);
  EXPECT_EQ(sequences, 11);
}

}  // namespace
}  // namespace tenjo
