#include "tenjo/evaluate/average_precision.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <numeric>

#include "tenjo/base/error.h"
#include "tenjo/evaluate/pairwise_sum.h"

namespace tenjo {
namespace {

constexpr double kEpsilon = std::numeric_limits<double>::epsilon();
constexpr std::size_t kMaxThresholds = 32;

double MeanOfKnown(const std::vector<double>& values) {
  return values.empty() ? -1 : PairwiseSum(values) / static_cast<double>(values.size());
}

//! Ignored people last, each kind in its order.
void OrderPeople(std::span<const char> ignored, std::vector<std::uint32_t>& order) {
  order.clear();
  for (const bool last : {false, true}) {
    for (std::size_t g = 0; g < ignored.size(); ++g) {
      if ((ignored[g] != 0) == last) {
        order.push_back(static_cast<std::uint32_t>(g));
      }
    }
  }
}

//! The person that a result finds, -1 for none.
int FindPerson(std::span<const double> likeness, std::span<const ApTruth> truth,
               std::span<const char> ignored, std::span<const std::uint32_t> order,
               double threshold, const std::vector<char>& taken) {
  double best = std::min(threshold, 1 - 1e-10);
  int match = -1;
  for (const std::uint32_t g : order) {
    if (taken[g] != 0 && !truth[g].crowd) {
      continue;
    }
    if (match >= 0 && ignored[static_cast<std::size_t>(match)] == 0 && ignored[g] != 0) {
      break;
    }
    if (likeness[g] < best) {
      continue;
    }
    best = likeness[g];
    match = static_cast<int>(g);
  }
  return match;
}

//! Places from the highest score to the lowest, equal ones in their order: a radix sort.
std::vector<std::uint32_t> OrderOfAll(std::span<const double> scores) {
  constexpr int kBits = 11;
  constexpr std::size_t kBuckets = 1 << kBits;
  constexpr std::uint64_t kSign = 1ULL << 63;
  struct Item {
    std::uint64_t key;
    std::uint32_t place;
  };
  std::vector<Item> items(scores.size());
  for (std::size_t i = 0; i < items.size(); ++i) {
    // Bits that rise as the score falls; -0 and 0 are equal.
    const auto bits = std::bit_cast<std::uint64_t>(scores[i] + 0.0);
    items[i] = {(bits & kSign) != 0 ? bits : ~bits & ~kSign, static_cast<std::uint32_t>(i)};
  }
  std::vector<Item> other(items.size());
  for (int shift = 0; shift < 64; shift += kBits) {
    std::vector<std::size_t> starts(kBuckets + 1, 0);
    for (const Item& item : items) {
      ++starts[(item.key >> shift & (kBuckets - 1)) + 1];
    }
    std::partial_sum(starts.begin(), starts.end(), starts.begin());
    for (const Item& item : items) {
      other[starts[item.key >> shift & (kBuckets - 1)]++] = item;
    }
    items.swap(other);
  }
  std::vector<std::uint32_t> order(items.size());
  std::transform(items.begin(), items.end(), order.begin(),
                 [](const Item& item) { return item.place; });
  return order;
}

}  // namespace

std::vector<double> CocoThresholds() {
  constexpr int kCount = 10;
  const double step = (0.95 - 0.5) / (kCount - 1);
  std::vector<double> thresholds(kCount);
  for (int i = 0; i < kCount; ++i) {
    thresholds[static_cast<std::size_t>(i)] = i * step + 0.5;
  }
  thresholds.back() = 0.95;
  return thresholds;
}

std::vector<double> RecallThresholds() {
  std::vector<double> thresholds(kNumRecalls);
  for (std::size_t i = 0; i < kNumRecalls; ++i) {
    thresholds[i] = static_cast<double>(i) * 0.01;
  }
  thresholds.back() = 1;
  return thresholds;
}

double ApArrays::MeanPrecision(int t, std::size_t a, std::size_t m) const {
  std::vector<double> known;
  for (std::size_t i = 0; i < params.thresholds.size(); ++i) {
    for (std::size_t r = 0; (t < 0 || i == static_cast<std::size_t>(t)) && r < kNumRecalls; ++r) {
      if (const double value = precision[PrecisionIndex(i, r, a, m)]; value > -1) {
        known.push_back(value);
      }
    }
  }
  return MeanOfKnown(known);
}

double ApArrays::MeanRecall(int t, std::size_t a, std::size_t m) const {
  std::vector<double> known;
  for (std::size_t i = 0; i < params.thresholds.size(); ++i) {
    const double value = recall[RecallIndex(i, a, m)];
    if ((t < 0 || i == static_cast<std::size_t>(t)) && value > -1) {
      known.push_back(value);
    }
  }
  return MeanOfKnown(known);
}

void SortByScore(std::span<const double> scores, std::size_t most,
                 std::vector<std::uint32_t>& order) {
  order.resize(scores.size());
  std::iota(order.begin(), order.end(), 0U);
  const auto higher = [&](std::uint32_t a, std::uint32_t b) { return scores[a] > scores[b]; };
  if (!std::is_sorted(order.begin(), order.end(), higher)) {
    std::stable_sort(order.begin(), order.end(), higher);
  }
  order.resize(std::min(order.size(), most));
}

void MatchResults(std::span<const double> likeness, std::span<const ApTruth> truth,
                  std::span<const char> ignored, double threshold, std::vector<int>& match) {
  match.clear();
  if (truth.empty()) {
    return;
  }
  std::vector<std::uint32_t> order;
  OrderPeople(ignored, order);
  std::vector<char> taken(truth.size(), 0);
  for (std::size_t at = 0; at < likeness.size(); at += truth.size()) {
    const int found =
        FindPerson(likeness.subspan(at, truth.size()), truth, ignored, order, threshold, taken);
    if (found >= 0) {
      taken[static_cast<std::size_t>(found)] = 1;
    }
    match.push_back(found);
  }
}

ApAccumulator::ApAccumulator(ApParams params) : params_(std::move(params)) {
  TENJO_CHECK(!params_.thresholds.empty() && params_.thresholds.size() <= kMaxThresholds);
  TENJO_CHECK(!params_.areas.empty() && !params_.max_detections.empty());
  masks_.resize(params_.areas.size());
  asked_.resize(params_.areas.size());
}

void ApAccumulator::AddImage(std::span<const ApTruth> truth, std::span<const ApResult> results,
                             std::span<const double> likeness) {
  if (truth.empty() && results.empty()) {
    return;
  }
  TENJO_CHECK(likeness.size() == truth.size() * results.size());
  any_image_ = true;
  for (std::size_t d = 0; d < results.size(); ++d) {
    scores_.push_back(results[d].score);
    ranks_.push_back(static_cast<int>(d));
  }
  best_.assign(results.size(), -1);
  for (std::size_t d = 0; d < results.size(); ++d) {
    for (std::size_t g = 0; g < truth.size(); ++g) {
      best_[d] = std::max(best_[d], likeness[d * truth.size() + g]);
    }
  }
  for (std::size_t area = 0; area < params_.areas.size(); ++area) {
    MatchImage(area, truth, results, likeness);
  }
}

void ApAccumulator::MatchImage(std::size_t area, std::span<const ApTruth> truth,
                               std::span<const ApResult> results,
                               std::span<const double> likeness) {
  const AreaRange& range = params_.areas[area];
  ignored_.resize(truth.size());
  for (std::size_t g = 0; g < truth.size(); ++g) {
    const bool outside = truth[g].area < range.least || truth[g].area > range.most;
    ignored_[g] = truth[g].ignore || outside ? 1 : 0;
    asked_[area] += ignored_[g] == 0 ? 1 : 0;
  }
  std::vector<Masks>& masks = masks_[area];
  const std::size_t first = masks.size();
  masks.resize(first + results.size());
  if (area > 0 && ignored_ == last_ignored_) {
    // The same people are asked for as in the area before: the same are found.
    for (std::size_t d = 0; d < results.size(); ++d) {
      const Masks& before = masks_[area - 1][first + d];
      masks[first + d] = {before.matched, before.of_ignored, before.of_ignored};
    }
  } else {
    OrderPeople(ignored_, order_);
    for (std::size_t t = 0; t < params_.thresholds.size(); ++t) {
      const double threshold = params_.thresholds[t];
      const double least = std::min(threshold, 1 - 1e-10);
      taken_.assign(truth.size(), 0);
      for (std::size_t d = 0; d < results.size(); ++d) {
        if (best_[d] < least) {
          continue;
        }
        const int match = FindPerson(likeness.subspan(d * truth.size(), truth.size()), truth,
                                     ignored_, order_, threshold, taken_);
        if (match < 0) {
          continue;
        }
        const auto g = static_cast<std::size_t>(match);
        taken_[g] = 1;
        masks[first + d].matched |= truth[g].id != 0 ? 1U << t : 0U;
        masks[first + d].of_ignored |= ignored_[g] != 0 ? 1U << t : 0U;
      }
    }
  }
  last_ignored_ = ignored_;
  for (std::size_t d = 0; d < results.size(); ++d) {
    masks[first + d].ignored = masks[first + d].of_ignored;
    if (results[d].area < range.least || results[d].area > range.most) {
      masks[first + d].ignored |= ~masks[first + d].matched;
    }
  }
}

void ApAccumulator::Accumulate(std::size_t area, std::size_t m, std::span<const Ranked> ranked,
                               ApArrays& arrays) const {
  const std::size_t thresholds = params_.thresholds.size();
  const auto asked = static_cast<double>(asked_[area]);
  const int most = params_.max_detections[m];
  // Precision falls between finds, so only at finds can it be the highest from there on.
  struct Find {
    double precision;
    double score;
  };
  std::vector<std::vector<Find>> finds(thresholds);
  for (std::vector<Find>& found : finds) {
    found.reserve(static_cast<std::size_t>(asked_[area]));
  }
  std::vector<std::int64_t> mistakes(thresholds, 0);
  std::int64_t mistakes_at_all = 0;  // of results that find nobody at any threshold
  double first_score = 0;
  bool any = false;
  const std::uint32_t all = thresholds == 32 ? ~0U : (1U << thresholds) - 1;
  for (const Ranked& result : ranked) {
    if (result.rank >= most) {
      continue;
    }
    if (!any) {
      any = true;
      first_score = result.score;
    }
    const std::uint32_t counted = ~result.ignored & all;
    const std::uint32_t wrong = counted & ~result.matched;
    if (wrong == all) {
      ++mistakes_at_all;
      continue;
    }
    for (std::uint32_t left = wrong; left != 0; left &= left - 1) {
      ++mistakes[static_cast<std::size_t>(__builtin_ctz(left))];
    }
    for (std::uint32_t left = counted & result.matched; left != 0; left &= left - 1) {
      const auto t = static_cast<std::size_t>(__builtin_ctz(left));
      const auto found = static_cast<double>(finds[t].size() + 1);
      const auto wrong_so_far = static_cast<double>(mistakes[t] + mistakes_at_all);
      finds[t].push_back({found / (wrong_so_far + found + kEpsilon), result.score});
    }
  }
  const std::vector<double> recalls = RecallThresholds();
  for (std::size_t t = 0; t < thresholds; ++t) {
    std::vector<Find>& found = finds[t];
    for (std::size_t i = found.size(); i-- > 1;) {
      found[i - 1].precision = std::max(found[i - 1].precision, found[i].precision);
    }
    arrays.recall[arrays.RecallIndex(t, area, m)] = static_cast<double>(found.size()) / asked;
    std::size_t at = 0;
    for (std::size_t r = 0; r < kNumRecalls; ++r) {
      const std::size_t index = arrays.PrecisionIndex(t, r, area, m);
      double& precision = arrays.precision[index];
      double& score = arrays.scores[index];
      precision = 0;
      score = 0;
      if (r == 0) {
        // Recall 0 is reached by the first result, found or not.
        precision = found.empty() ? 0 : found.front().precision;
        score = any ? first_score : 0;
        continue;
      }
      while (at < found.size() && static_cast<double>(at + 1) / asked < recalls[r]) {
        ++at;
      }
      if (at < found.size()) {
        precision = found[at].precision;
        score = found[at].score;
      }
    }
  }
}

ApArrays ApAccumulator::Finish() const {
  ApArrays arrays;
  arrays.params = params_;
  const std::size_t cells =
      params_.thresholds.size() * params_.areas.size() * params_.max_detections.size();
  arrays.precision.assign(cells * kNumRecalls, -1);
  arrays.scores.assign(cells * kNumRecalls, -1);
  arrays.recall.assign(cells, -1);
  if (!any_image_) {
    return arrays;
  }
  const std::vector<std::uint32_t> order = OrderOfAll(scores_);
  std::vector<Ranked> ranked(order.size());
  for (std::size_t area = 0; area < params_.areas.size(); ++area) {
    for (std::size_t i = 0; i < order.size(); ++i) {
      const Masks& masks = masks_[area][order[i]];
      ranked[i] = {scores_[order[i]], ranks_[order[i]], masks.matched, masks.ignored};
    }
    for (std::size_t m = 0; asked_[area] > 0 && m < params_.max_detections.size(); ++m) {
      Accumulate(area, m, ranked, arrays);
    }
  }
  return arrays;
}

}  // namespace tenjo
