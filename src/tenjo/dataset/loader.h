#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "tenjo/dataset/augment.h"
#include "tenjo/dataset/coco.h"
#include "tenjo/dataset/loss_mask.h"
#include "tenjo/pose/encoder.h"
#include "tenjo/pose/person_points.h"

namespace tenjo {

//! What a hidden keypoint (COCO's v = 1) is to the targets.
enum class HiddenKeypoints {
  kLearn,       //!< a keypoint as any other, as COCO's training has it
  kBackground,  //!< not there
  kIgnore       //!< not there, and the loss does not count around it
};

//! Throws Error for another word than learn, background and ignore.
HiddenKeypoints ParseHiddenKeypoints(const std::string& word);

//! One of the sets that are mixed.
struct DataSource {
  std::string name;
  LabelledSet set;
  double weight = 1;        //!< share of the samples, over the sum of all weights
  bool unlabelled = false;  //!< nothing is known of its people: the loss counts nowhere
  bool taught = true;       //!< a teacher, where there is one, has a say in its loss
  HiddenKeypoints hidden = HiddenKeypoints::kLearn;
  AugmentOptions augment = {};
};

struct LoaderOptions {
  cv::Size crop = {256, 256};  //!< multiples of the encoder's stride
  PoseEncoderOptions encoder = {};
  MaskMode mask = MaskMode::kSegmentation;
  std::uint64_t seed = 0;
  int batch = 8;  //!< samples of this process
  int rank = 0;   //!< of `world` processes that share the samples of a position
  int world = 1;
  int threads = 2;
  int ahead = 3;        //!< batches kept ready
  bool poses = true;    //!< heatmaps, pafs and their mask are made
  bool people = false;  //!< targets of person heads are made
  bool points = false;  //!< crops are of one person each (DrawPersonPlacement), with its points
};

//! `batch` samples, each from a place in its set.
struct Batch {
  std::int64_t position = 0;  //!< which batch of the training, from 0
  int size = 0;
  std::vector<std::uint8_t> images;  //!< size x height x width x 3, BGR
  std::vector<float> heatmaps;       //!< size x 19 x map height x map width
  std::vector<float> pafs;           //!< size x 38 x ...
  std::vector<float> mask;           //!< size x map height x map width; 1 where the loss counts
  std::vector<float> people;         //!< size x 10 x ..., pose/person_encoder.h
  //! size x kPointNumbers: of each person point x and y in pixels of the crop, and how much is
  //! known, COCO's v, 0 for what is not in the crop; then 1 if the crop is of a person, else 0.
  std::vector<float> points;
  std::vector<float> taught;       //!< one a sample: 1 if a teacher has a say, else 0
  std::vector<std::string> files;  //!< of the pictures, one a sample
};

inline constexpr int kPointNumbers = 3 * kNumPersonPoints + 1;

//! One sample, written to where it stays. Without heatmaps or people those targets are not made.
struct SampleViews {
  std::uint8_t* image = nullptr;
  float* heatmaps = nullptr;
  float* pafs = nullptr;
  float* mask = nullptr;
  float* people = nullptr;
  float* points = nullptr;
};

//! Reads a picture as 8-bit BGR, `reduction` times smaller by the JPEG decoder's own scaling, not
//! turned by what EXIF says (COCO's labels are not). `size` is the full one that the labels were
//! made for; {0, 0} takes any. Throws Error for a picture that is missing, no picture, cut short or
//! of another size.
cv::Mat ReadPicture(const std::filesystem::path& file, int reduction, cv::Size size);

//! Makes the sample of a placement that is known: picture, targets and mask. `person` is whom
//! points are of, by place in `image.people`; -1: nobody, and nothing is known of them.
void MakeSample(const DataSource& source, const LabelledImage& image, const Placement& placement,
                const LoaderOptions& options, Random* random, const SampleViews& views,
                int person = -1);

//! Streams batches of augmented crops made by threads of its own. Batch n is the same for any
//! number of threads: it depends on the sources, the seed, the options and n alone. With several
//! processes (world), process r gets the r-th part of each batch of world * batch samples, so that
//! all together see what one process with that batch size sees.
//!
//! Each set is gone through in a shuffled order, every picture once before any comes again. A
//! picture that cannot be read is counted, said once, and another one of its set taken; Next throws
//! Error if a hundred in a row cannot be read.
class Loader {
 public:
  //! `position`: the first batch that Next gives. Throws Error for options that make no sense and
  //! for sets without images or weight.
  Loader(std::vector<DataSource> sources, const LoaderOptions& options, std::int64_t position = 0);
  ~Loader();
  Loader(const Loader&) = delete;
  Loader& operator=(const Loader&) = delete;

  //! Waits for the next batch. It holds until Next is called again.
  const Batch& Next();
  //! The batch that Next gives next.
  std::int64_t position() const;
  //! Pictures that could not be read so far.
  std::int64_t broken_pictures() const;
  //! Seconds that Next waited for batches that were not ready.
  double waited_s() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tenjo
