#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>

#include "tenjo/publish/overlay.h"
#include "tenjo/publish/sink.h"
#include "tenjo/video/writer.h"

namespace tenjo {

//! The source's pictures with people drawn on them, as a video.
class DrawnVideoSink : public ResultSink {
 public:
  DrawnVideoSink(const std::filesystem::path& path, double fps)
      : writer_(VideoWriter::Create(path, fps)) {}
  void Write(const Frame& frame, const std::vector<Person>& people) override;
  void Finish() override { writer_->Finish(); }

 private:
  std::unique_ptr<VideoWriter> writer_;
  Overlay overlay_;
};

}  // namespace tenjo
