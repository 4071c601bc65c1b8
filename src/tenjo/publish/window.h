#pragma once

#include <memory>

#include "tenjo/publish/overlay.h"
#include "tenjo/publish/sink.h"

namespace tenjo {

//! Shows every N-th picture with its people in a window of the desktop.
class WindowSink : public ResultSink {
 public:
  //! Throws Error where there is no display or Tenjo's window module is not installed.
  explicit WindowSink(int every);
  ~WindowSink() override;
  void Write(const Frame& frame, const std::vector<Person>& people) override;
  void Finish() override {}

 private:
  struct Module;
  std::unique_ptr<Module> module_;
  int every_;
  std::int64_t seen_ = 0;
  Overlay overlay_;
};

}  // namespace tenjo
