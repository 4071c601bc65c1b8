#pragma once

#include <filesystem>

#include "tenjo/base/atomic_file.h"
#include "tenjo/publish/sink.h"

namespace tenjo {

//! MOTChallenge's result format: frame (from 1), id, x, y, w, h, score, -1, -1, -1. People without
//! a track have id -1.
class MotResultsSink : public ResultSink {
 public:
  explicit MotResultsSink(const std::filesystem::path& path) : file_(path) {}
  void Write(const Frame& frame, const std::vector<Person>& people) override;
  void Finish() override { file_.Commit(); }

 private:
  AtomicFile file_;
};

}  // namespace tenjo
