#pragma once

#include <filesystem>

#include "tenjo/base/atomic_file.h"
#include "tenjo/publish/sink.h"

namespace tenjo {

//! COCO's result format for keypoints: one array, one object a person (image_id, category_id 1,
//! keypoints x y score, bbox, score),
//! in COCO's pixels, which count from the corner of the first one.
class CocoResultsSink : public ResultSink {
 public:
  explicit CocoResultsSink(const std::filesystem::path& path) : file_(path) {}
  void Write(const Frame& frame, const std::vector<Person>& people) override;
  void Finish() override;

 private:
  AtomicFile file_;
  bool empty_ = true;
};

}  // namespace tenjo
