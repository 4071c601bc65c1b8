#include "tenjo/pose/person_decoder.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <numbers>

#include "tenjo/base/error.h"

namespace tenjo {
namespace {

// Sides are held within these, logarithms of map pixels: nobody is thinner or larger.
constexpr float kLeastLog = -3;
constexpr float kMostLog = 8;

// Who votes on a box: pixels so near to its peak, with so much of its score, whose own box overlaps
// so much with it, as it is then about the same person.
constexpr int kVoteRadius = 3;
constexpr double kVoteScore = 0.1;
constexpr double kVoteOverlap = 0.5;

double Score(float logit) { return 1 / (1 + std::exp(-static_cast<double>(logit))); }

struct Centre {
  int x = 0;
  int y = 0;
  float logit = 0;
};

class Reader {
 public:
  explicit Reader(const PersonMaps& maps) : maps_(maps) {}

  std::vector<Centre> Centres(float least) const {
    std::vector<Centre> centres;
    for (int y = 0; y < maps_.height; ++y) {
      const float* row = maps_.centres + Place(0, y);
      for (int x = 0; x < maps_.width; ++x) {
        if (row[x] >= least && std::isfinite(row[x]) && IsMaximum(x, y)) {
          centres.push_back({x, y, row[x]});
        }
      }
    }
    return centres;
  }

  // False if a number is not finite.
  bool BoxAt(const Centre& centre, RotatedBox* box) const {
    std::array<double, 6> values = {};
    const std::ptrdiff_t plane = static_cast<std::ptrdiff_t>(maps_.width) * maps_.height;
    for (std::size_t i = 0; i < values.size(); ++i) {
      const float value =
          maps_.boxes[static_cast<std::ptrdiff_t>(i) * plane + Place(centre.x, centre.y)];
      if (!std::isfinite(value)) {
        return false;
      }
      values[i] = static_cast<double>(value);
    }
    const auto side = [&](double log) {
      return maps_.stride * std::exp(std::clamp<double>(log, kLeastLog, kMostLog));
    };
    const double half = (maps_.stride - 1) / 2.0;
    constexpr double kDegrees = 180 / std::numbers::pi;
    *box = {.cx = (centre.x + values[0]) * maps_.stride + half,
            .cy = (centre.y + values[1]) * maps_.stride + half,
            .w = side(values[2]),
            .h = side(values[3]),
            .degrees = HalfTurn(std::atan2(values[5], values[4]) / 2 * kDegrees)};
    return true;
  }

  // The mean of the boxes of the pixels about a peak, weighted by their scores: they are of one
  // person, and their errors are not all the same.
  RotatedBox Vote(const Centre& centre, const RotatedBox& box) const {
    const double least = kVoteScore * Score(centre.logit);
    double total = 0;
    std::array<double, 6> sums = {};
    for (int y = std::max(0, centre.y - kVoteRadius);
         y <= std::min(maps_.height - 1, centre.y + kVoteRadius); ++y) {
      for (int x = std::max(0, centre.x - kVoteRadius);
           x <= std::min(maps_.width - 1, centre.x + kVoteRadius); ++x) {
        const Centre voter = {x, y, maps_.centres[Place(x, y)]};
        const double score = Score(voter.logit);
        RotatedBox other;
        if (!(score >= least) || !BoxAt(voter, &other) || RotatedIoU(box, other) < kVoteOverlap) {
          continue;
        }
        const double twice = other.degrees * std::numbers::pi / 90;
        const std::array<double, 6> values = {other.cx,          other.cy,        std::log(other.w),
                                              std::log(other.h), std::cos(twice), std::sin(twice)};
        total += score;
        for (std::size_t i = 0; i < values.size(); ++i) {
          sums[i] += score * values[i];
        }
      }
    }
    if (total <= 0) {
      return box;  // so thin that it does not even overlap with itself
    }
    return {.cx = sums[0] / total,
            .cy = sums[1] / total,
            .w = std::exp(sums[2] / total),
            .h = std::exp(sums[3] / total),
            .degrees = HalfTurn(std::atan2(sums[5], sums[4]) * 90 / std::numbers::pi)};
  }

 private:
  std::ptrdiff_t Place(int x, int y) const {
    return static_cast<std::ptrdiff_t>(y) * maps_.width + x;
  }

  bool IsMaximum(int x, int y) const {
    const float value = maps_.centres[Place(x, y)];
    for (int ny = std::max(0, y - 1); ny <= std::min(maps_.height - 1, y + 1); ++ny) {
      for (int nx = std::max(0, x - 1); nx <= std::min(maps_.width - 1, x + 1); ++nx) {
        const float other = maps_.centres[Place(nx, ny)];
        const bool before = ny < y || (ny == y && nx < x);
        if (other > value || (before && other == value)) {
          return false;
        }
      }
    }
    return true;
  }

  const PersonMaps& maps_;
};

void CheckOptions(const PersonDecoderOptions& options) {
  if (!(options.threshold > 0 && options.threshold < 1) ||
      !(options.overlap > 0 && options.overlap <= 1) || options.max_people < 1) {
    throw Error(fmt::format(
        "The person decoder got the threshold {}, the overlap {} and at most {} people; "
        "the first must lie between 0 and 1, the second too (or be 1), the last be at "
        "least 1.",
        options.threshold, options.overlap, options.max_people));
  }
}

}  // namespace

std::vector<FoundBox> DecodePeople(const PersonMaps& maps, const PersonDecoderOptions& options) {
  CheckOptions(options);
  const Reader reader(maps);
  std::vector<Centre> centres =
      reader.Centres(std::log(options.threshold / (1 - options.threshold)));
  std::stable_sort(centres.begin(), centres.end(),
                   [](const Centre& a, const Centre& b) { return a.logit > b.logit; });
  std::vector<FoundBox> found;
  for (const Centre& centre : centres) {
    if (found.size() >= static_cast<std::size_t>(options.max_people)) {
      break;
    }
    FoundBox person;
    if (!reader.BoxAt(centre, &person.box)) {
      continue;
    }
    person.box = reader.Vote(centre, person.box);
    person.score = Score(centre.logit);
    if (std::any_of(found.begin(), found.end(), [&](const FoundBox& better) {
          return RotatedIoU(better.box, person.box) > options.overlap;
        })) {
      continue;
    }
    found.push_back(person);
  }
  return found;
}

}  // namespace tenjo
