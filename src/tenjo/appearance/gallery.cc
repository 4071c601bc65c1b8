#include "tenjo/appearance/gallery.h"

#include <algorithm>

#include "tenjo/appearance/distance.h"
#include "tenjo/base/error.h"

namespace tenjo {
namespace {

constexpr double kFarthest = 2;

}  // namespace

Gallery::Gallery(int budget) : budget_(budget) { TENJO_CHECK(budget >= 1); }

void Gallery::Add(std::span<const float> embedding) {
  TENJO_CHECK(!embedding.empty() && (size_ == 0 || embedding.size() == length_));
  length_ = embedding.size();
  if (size_ < budget_) {
    values_.insert(values_.end(), embedding.begin(), embedding.end());
    ++size_;
  } else {
    std::copy(embedding.begin(), embedding.end(),
              values_.begin() + static_cast<std::ptrdiff_t>(next_ * length_));
  }
  next_ = (next_ + 1) % budget_;
}

void Gallery::Clear() {
  size_ = 0;
  next_ = 0;
  values_.clear();
}

std::span<const float> Gallery::operator[](int i) const {
  TENJO_CHECK(i >= 0 && i < size_);
  return std::span(values_).subspan(static_cast<std::size_t>(i) * length_, length_);
}

double Gallery::MinCosineDistance(std::span<const float> embedding) const {
  float most = -1;
  for (int i = 0; i < size_; ++i) {
    most = std::max(most, Dot((*this)[i], embedding));
  }
  return std::max(0.0, 1 - static_cast<double>(most));
}

double Gallery::KthCosineDistance(std::span<const float> embedding, int k) const {
  TENJO_CHECK(k >= 1);
  if (size_ == 0) {
    return kFarthest;
  }
  std::vector<double> distances;
  distances.reserve(static_cast<std::size_t>(size_));
  for (int i = 0; i < size_; ++i) {
    distances.push_back(CosineDistance((*this)[i], embedding));
  }
  const auto kth = distances.begin() + std::min(k, size_) - 1;
  std::nth_element(distances.begin(), kth, distances.end());
  return *kth;
}

double MeanDistance(const Gallery& probes, const Gallery& gallery) {
  if (probes.empty() || gallery.empty()) {
    return kFarthest;
  }
  double sum = 0;
  for (int i = 0; i < probes.size(); ++i) {
    sum += gallery.MinCosineDistance(probes[i]);
  }
  return sum / probes.size();
}

}  // namespace tenjo
