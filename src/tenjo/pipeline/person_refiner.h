#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <opencv2/core/mat.hpp>
#include <optional>
#include <span>
#include <vector>

#include "tenjo/infer/backend.h"
#include "tenjo/model/model_info.h"
#include "tenjo/pose/person_points.h"
#include "tenjo/vision/person.h"

namespace tenjo {

//! A second look at everybody found: cut out head up, in the size that a network of the task
//! "refine" was made for, whose keypoints, joined with the first ones, and whose box take their
//! place. The scores of keypoints are then that somebody is there, that the place is right and that
//! the keypoint is seen. Whoever it is certain of may be looked at once more: mirrored, about the
//! box just found. Used by one thread at a time.
class PersonRefiner {
 public:
  //! Throws Error where the file is not such a network or the backend cannot run it. Size and task
  //! of `options` are the network's. `third_look`: those that it is certain of are looked at once
  //! more.
  PersonRefiner(const std::filesystem::path& path, BackendOptions options, bool third_look);
  ~PersonRefiner();

  //! `below`: the pixel below the camera, where known. Who cannot be told from somebody surer
  //! afterwards is left out.
  void Refine(const cv::Mat& image, std::optional<cv::Point2d> below, std::vector<Person>* people);

  //! Pictures looked at so far.
  std::int64_t num_looks() const { return looks_; }
  std::string Describe() const { return backend_->Describe(); }

 private:
  struct Look;
  cv::Size PictureSize() const { return {info_.input_width, info_.input_height}; }
  void LookAt(const cv::Mat& image, std::span<const Person> people, std::span<Look> looks);
  void LookAgain(const cv::Mat& image, std::span<const Person> people, std::span<Look> looks);

  ModelInfo info_;
  bool third_look_;
  std::unique_ptr<Backend> backend_;
  std::int64_t looks_ = 0;
};

}  // namespace tenjo
