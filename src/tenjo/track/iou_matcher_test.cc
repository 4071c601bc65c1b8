#include "tenjo/track/iou_matcher.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <random>
#include <vector>

namespace tenjo {
namespace {

std::vector<int> Match(const std::vector<Box>& detections, const std::vector<Box>& tracks,
                       double threshold) {
  IouMatcher matcher;
  const std::span<const int> match = matcher.Match(detections, tracks, threshold);
  return {match.begin(), match.end()};
}

// Boxes 10 wide at x: two of them d apart overlap with IoU (10 - d) / (10 + d).
Box At(double x) { return {x, 0, 10, 10}; }

TEST(IouMatcherTest, NothingOnEitherSide) {
  EXPECT_EQ(Match({}, {}, 0.3), std::vector<int>{});
  EXPECT_EQ(Match({}, {At(0)}, 0.3), std::vector<int>{});
  EXPECT_EQ(Match({At(0), At(5)}, {}, 0.3), (std::vector<int>{-1, -1}));
}

TEST(IouMatcherTest, PairsByOverlap) {
  EXPECT_EQ(Match({At(101), At(1), At(500)}, {At(0), At(100), At(300)}, 0.3),
            (std::vector<int>{1, 0, -1}));
}

TEST(IouMatcherTest, OneToOneOverThresholdNeedsNoAssignment) {
  // IoU 0.31 for the first pair and 0.29 across. An assignment of greatest sum would take the two
  // of 0.29 and then refuse both.
  const double near = 6.9 / 1.31;
  const double far = 7.1 / 1.29;
  const std::vector<Box> detections = {At(0), At(near + far)};
  const std::vector<Box> tracks = {At(near), At(-far)};
  ASSERT_NEAR(IoU(detections[0], tracks[0]), 0.31, 1e-9);
  ASSERT_NEAR(IoU(detections[0], tracks[1]), 0.29, 1e-9);
  ASSERT_NEAR(IoU(detections[1], tracks[0]), 0.29, 1e-9);
  EXPECT_EQ(Match(detections, tracks, 0.3), (std::vector<int>{0, -1}));
  // With a threshold that none reaches the sum decides and the threshold refuses.
  EXPECT_EQ(Match(detections, tracks, 0.5), (std::vector<int>{-1, -1}));
}

TEST(IouMatcherTest, EqualToTheThresholdCountsInAnAssignmentOnly) {
  const Box whole = {0, 0, 8, 8};
  const Box half = {0, 0, 8, 4};
  ASSERT_EQ(IoU(whole, half), 0.5);
  EXPECT_EQ(Match({half}, {whole}, 0.5), std::vector<int>{0});
  const Box far = {100, 100, 8, 8};
  EXPECT_EQ(Match({half, far}, {whole, far}, 0.5), (std::vector<int>{-1, 1}));
}

// The greatest sum of IoU over all ways to pair, for at most as many detections as tracks.
double GreatestSum(const std::vector<Box>& detections, const std::vector<Box>& tracks) {
  std::vector<int> order(tracks.size());
  std::iota(order.begin(), order.end(), 0);
  double greatest = 0;
  do {
    double sum = 0;
    for (std::size_t d = 0; d < detections.size(); ++d) {
      sum += IoU(detections[d], tracks[order[d]]);
    }
    greatest = std::max(greatest, sum);
  } while (std::next_permutation(order.begin(), order.end()));
  return greatest;
}

TEST(IouMatcherTest, GreatestSumInCrowds) {
  std::mt19937 random(5);
  std::uniform_real_distribution<double> place(0, 12);
  for (int run = 0; run < 300; ++run) {
    std::vector<Box> detections(4);
    std::vector<Box> tracks(6);
    for (Box& box : detections) {
      box = {place(random), place(random), 10, 10};
    }
    for (Box& box : tracks) {
      box = {place(random), place(random), 10, 10};
    }
    // Under a threshold of 0 all pairs of an assignment are kept.
    const std::vector<int> match = Match(detections, tracks, 0);
    double sum = 0;
    int over = 0;
    for (std::size_t d = 0; d < detections.size(); ++d) {
      sum += match[d] < 0 ? 0 : IoU(detections[d], tracks[match[d]]);
      over += static_cast<int>(std::count_if(tracks.begin(), tracks.end(), [&](const Box& track) {
        return IoU(detections[d], track) > 0;
      }));
    }
    ASSERT_GT(over, 4);
    ASSERT_NEAR(sum, GreatestSum(detections, tracks), 1e-9) << "run " << run;
  }
}

}  // namespace
}  // namespace tenjo
