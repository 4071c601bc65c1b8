#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <future>
#include <memory>
#include <opencv2/core/mat.hpp>
#include <string>
#include <vector>

#include "tenjo/dataset/augment.h"
#include "tenjo/dataset/identity_set.h"
#include "tenjo/dataset/loader.h"
#include "tenjo/model/model_info.h"

namespace tenjo {

//! How a picture of a person is changed for learning who it is. Chances are in [0, 1].
struct IdentityAugment {
  float rotation_deg = 20;      //!< turned by up to this, either way
  float shift = 0.08F;          //!< moved by up to this share of the person's sides
  float scale = 0.2F;           //!< larger or smaller by up to this share
  float flip = 0.5F;            //!< chance of a mirrored picture
  float erase = 0.4F;           //!< chance that a rectangle is covered (Zhong et al. 2020)
  float low_resolution = 0.3F;  //!< chance that it is as coarse as one from 1.5-4 times farther
  AugmentOptions look = {};     //!< colours, blur, noise and compression; the rest is not looked at

  IdentityAugment();
  //! Throws Error, naming the option, for what makes no sense.
  void Check() const;
};

//! Cuts a person out into `out` (CV_8UC3, its size given), head up and masked, as it is done when
//! running; with `augment` changed as drawn from `random`.
void MakeIdentityPicture(const cv::Mat& picture, const IdentityCrop& crop, CropMask mask,
                         const IdentityAugment* augment, Random* random, cv::Mat& out);

struct IdentityLoaderOptions {
  cv::Size size = {64, 128};
  int people = 16;  //!< of a batch of this process
  int views = 4;    //!< pictures of each
  CropMask mask = CropMask::kNone;
  IdentityAugment augment = {};
  std::uint64_t seed = 0;
  int rank = 0;
  int world = 1;
  int threads = 1;
};

struct IdentityBatch : Batch {
  std::vector<std::int64_t> labels;  //!< number of the person, from 0, one a picture
};

//! Streams batches of some pictures of each of some people. A batch depends on the sets, the seed,
//! the options and its number alone. All people are gone through in a shuffled order before anybody
//! comes again. A picture that cannot be read is counted, said once, and another of the same person
//! taken.
class IdentityLoader {
 public:
  //! `position`: the first batch that Next gives. Throws Error if fewer than two people have two
  //! pictures each.
  IdentityLoader(const std::vector<IdentitySet>& sets, const IdentityLoaderOptions& options,
                 std::int64_t position = 0);
  ~IdentityLoader();
  IdentityLoader(const IdentityLoader&) = delete;
  IdentityLoader& operator=(const IdentityLoader&) = delete;

  int identities() const;
  std::int64_t pictures() const;
  //! Waits for the next batch. It holds until Next is called again. Throws Error for a person of
  //! whom no picture can be read.
  const IdentityBatch& Next();
  std::int64_t broken_pictures() const;
  //! Seconds that Next waited for batches that were not ready.
  double waited_s() const { return waited_s_; }

 private:
  class Maker;

  void Ask();

  std::unique_ptr<Maker> maker_;
  std::int64_t asked_;  // batches, counted from the training's first
  std::deque<std::future<IdentityBatch>> coming_;
  IdentityBatch batch_;
  double waited_s_ = 0;
};

}  // namespace tenjo
