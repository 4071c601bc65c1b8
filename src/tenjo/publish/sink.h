#pragma once

#include <vector>

#include "tenjo/vision/frame.h"
#include "tenjo/vision/person.h"

namespace tenjo {

//! Where results go. Used by one thread, frames in order. All throw Error when they cannot write.
class ResultSink {
 public:
  virtual ~ResultSink() = default;
  virtual void Write(const Frame& frame, const std::vector<Person>& people) = 0;
  //! Makes what was written whole and gives it its final name. Without it nothing is left.
  virtual void Finish() = 0;
};

}  // namespace tenjo
