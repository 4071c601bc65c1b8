#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace tenjo {

//! Average precision as the COCO benchmark defines it (Lin et al., "Microsoft COCO: Common Objects
//! in Context", 2014) and pycocotools computes it, to the last bit, whatever likeness (OKS, IoU of
//! boxes, IoU of rotated boxes) is asked for.

//! One labelled person of an image.
struct ApTruth {
  std::int64_t id = 1;  //!< a person whose id is 0 counts as not found, as in pycocotools
  double area = 0;
  bool ignore = false;  //!< neither asked for nor a mistake when found
  bool crowd = false;   //!< may be found by any number of results
};

//! One result of an image.
struct ApResult {
  double score = 0;
  double area = 0;
};

struct AreaRange {
  std::string name;
  double least = 0;
  double most = 1e10;
};

struct ApParams {
  std::vector<double> thresholds;   //!< of the likeness; at most 32
  std::vector<AreaRange> areas;     //!< at most 8
  std::vector<int> max_detections;  //!< a result's rank in its image must be below; rising
};

//! 0.50, 0.55, ... 0.95 and 0.00, 0.01, ... 1.00, the doubles that numpy's linspace gives.
std::vector<double> CocoThresholds();
std::vector<double> RecallThresholds();

inline constexpr std::size_t kNumRecalls = 101;

//! What pycocotools has in `eval`, for one category. -1 where nobody was asked for.
struct ApArrays {
  ApParams params;
  std::vector<double> precision;  //!< [threshold][recall][area][max_detections]
  std::vector<double> scores;     //!< the same shape
  std::vector<double> recall;     //!< [threshold][area][max_detections]

  std::size_t PrecisionIndex(std::size_t t, std::size_t r, std::size_t a, std::size_t m) const {
    return ((t * kNumRecalls + r) * params.areas.size() + a) * params.max_detections.size() + m;
  }
  std::size_t RecallIndex(std::size_t t, std::size_t a, std::size_t m) const {
    return (t * params.areas.size() + a) * params.max_detections.size() + m;
  }
  //! Mean over recalls, and over all thresholds or, where `t` is not negative, of that threshold;
  //! -1 if nobody was asked for.
  double MeanPrecision(int t, std::size_t a, std::size_t m) const;
  double MeanRecall(int t, std::size_t a, std::size_t m) const;
};

//! Places of `scores` from the highest to the lowest, equal ones in their order, at most `most`.
void SortByScore(std::span<const double> scores, std::size_t most,
                 std::vector<std::uint32_t>& order);

//! For each result, best first, the place of the person it finds, or -1: the unfound person of
//! highest likeness (the later of equals) that is at least `threshold`, people who are not ignored
//! first. `likeness` is [result][person].
void MatchResults(std::span<const double> likeness, std::span<const ApTruth> truth,
                  std::span<const char> ignored, double threshold, std::vector<int>& match);

//! Gathers images, in rising order of their ids, then computes.
class ApAccumulator {
 public:
  explicit ApAccumulator(ApParams params);
  //! `results` best first (SortByScore), at most the largest of max_detections; `likeness` is
  //! [result][person].
  void AddImage(std::span<const ApTruth> truth, std::span<const ApResult> results,
                std::span<const double> likeness);
  ApArrays Finish() const;

 private:
  struct Masks {
    std::uint32_t matched = 0;     // a bit a threshold
    std::uint32_t of_ignored = 0;  // found somebody who is ignored
    std::uint32_t ignored = 0;     // that, or of an area that is not asked for
  };
  void MatchImage(std::size_t area, std::span<const ApTruth> truth,
                  std::span<const ApResult> results, std::span<const double> likeness);
  //! A result among all, best first.
  struct Ranked {
    double score;
    int rank;  // in its image
    std::uint32_t matched;
    std::uint32_t ignored;
  };
  void Accumulate(std::size_t area, std::size_t m, std::span<const Ranked> ranked,
                  ApArrays& arrays) const;

  ApParams params_;
  bool any_image_ = false;
  std::vector<double> scores_;
  std::vector<int> ranks_;
  std::vector<std::vector<Masks>> masks_;  // [area][result]
  std::vector<std::int64_t> asked_;        // by area

  // Kept between images, to save allocations.
  std::vector<char> ignored_;
  std::vector<char> last_ignored_;
  std::vector<char> taken_;
  std::vector<std::uint32_t> order_;
  std::vector<double> best_;
};

}  // namespace tenjo
