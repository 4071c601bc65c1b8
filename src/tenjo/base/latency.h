#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace tenjo {

//! Durations counted into buckets 2 % wide, so that memory does not grow with what is measured.
class LatencyHistogram {
 public:
  LatencyHistogram();
  void Add(double seconds);
  std::int64_t count() const { return count_; }
  double mean() const { return count_ == 0 ? 0 : sum_ / static_cast<double>(count_); }
  double sum() const { return sum_; }
  //! Seconds that a share `p` in [0, 1] of the durations do not exceed, to 2 %; 0 without any.
  double Percentile(double p) const;

 private:
  std::vector<std::int64_t> buckets_;
  std::int64_t count_ = 0;
  double sum_ = 0;
};

}  // namespace tenjo
