#pragma once

#include <filesystem>
#include <string>

#include "tenjo/base/atomic_file.h"
#include "tenjo/publish/sink.h"

namespace tenjo {

//! One frame as one line of JSON without its newline, as docs/schema/frame.schema.json says:
//! pixels to hundredths, scores to thousandths.
std::string FrameToJson(const Frame& frame, const std::vector<Person>& people);

//! One JSON line a frame; "-" is standard output, which gets each line at once.
class JsonLinesSink : public ResultSink {
 public:
  explicit JsonLinesSink(const std::filesystem::path& path) : file_(path) {}
  void Write(const Frame& frame, const std::vector<Person>& people) override;
  void Finish() override { file_.Commit(); }

 private:
  AtomicFile file_;
};

}  // namespace tenjo
