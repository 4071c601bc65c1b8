#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace tenjo {

//! The newest embeddings of one person, at most `budget`, all of the same length. Embeddings have
//! unit length.
class Gallery {
 public:
  explicit Gallery(int budget = 100);

  //! Takes the place of the oldest where the budget is reached.
  void Add(std::span<const float> embedding);
  void Clear();

  int size() const { return size_; }
  bool empty() const { return size_ == 0; }
  std::span<const float> operator[](int i) const;

  //! Least cosine distance to one of the gallery, as DeepSORT asks for (Wojke et al. 2017); 2, the
  //! greatest there is, for an empty gallery.
  double MinCosineDistance(std::span<const float> embedding) const;
  //! Cosine distance to the k-th nearest, or the farthest where there are fewer: what one odd
  //! picture in the gallery does not spoil. 2 for an empty gallery.
  double KthCosineDistance(std::span<const float> embedding, int k) const;

 private:
  int budget_;
  int size_ = 0;
  int next_ = 0;  // where the next one goes
  std::size_t length_ = 0;
  std::vector<float> values_;
};

//! Mean over `probes` of the cosine distance to the nearest in `gallery`; 2 if either is empty.
double MeanDistance(const Gallery& probes, const Gallery& gallery);

}  // namespace tenjo
