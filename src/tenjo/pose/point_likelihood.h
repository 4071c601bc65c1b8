#pragma once

#include <opencv2/core/matx.hpp>
#include <vector>

namespace tenjo {

//! Where one point of a person is, as far as known: a probability of each finer pixel of a
//! network's maps (person_points.h). Places are in finer pixels, (0, 0) the middle of the first
//! one.
class PointLikelihood {
 public:
  //! A place, and how much of the likelihood speaks for it, 0 to 1.
  struct Found {
    double x = 0;
    double y = 0;
    double share = 0;
  };

  //! Takes the softmax of a point's planes of `width` x `height` map pixels. False, and nothing is
  //! known, where the greatest is no finite number.
  bool Read(const float* planes, int width, int height);

  //! The most likely finer pixel, moved to the mean of the likelihood about it, with the share of
  //! the likelihood that lies there.
  Found MostLikely() const;

  //! What was known before: with this chance the point is at (x, y), give or take a Gaussian of
  //! this deviation; else it may be anywhere.
  void Join(double x, double y, double deviation, double chance);

  //! What another picture of the same person says: both likelihoods multiplied, to the power of
  //! 3/4, as what deceives a network in one picture partly does in the other. `to_other`: its finer
  //! pixels for those of this one.
  void Join(const PointLikelihood& other, const cv::Matx23d& to_other);

  //! The place whose similarity exp(-d^2 / (2 spread^2)) to where the point is, as in object
  //! keypoint similarity (OKS), is expected to be greatest, and that similarity. Of two places it
  //! takes the surer one and not the middle, but of many that are near each other the middle.
  Found MostAlike(double spread);

 private:
  float ChanceAt(double x, double y) const;
  void DivideBy(double sum);
  void Blur(double spread);

  int width_ = 0;  // in finer pixels
  int height_ = 0;
  std::vector<float> chances_;  // row by row; their sum is 1
  // Kept from one point to the next for their memory alone.
  std::vector<float> powers_;
  std::vector<float> across_;
  std::vector<float> down_;
  std::vector<float> kernel_;
  std::vector<float> padded_;
  std::vector<float> along_;    // one row, blurred along it
  std::vector<float> blurred_;  // both ways
};

}  // namespace tenjo
