#pragma once

#include <cstdint>
#include <string>

#include "tenjo/base/stopwatch.h"

namespace tenjo {

//! How far a long work is, on standard error: a bar that is redrawn on a terminal, a line every ten
//! seconds elsewhere. Used by one thread.
class Progress {
 public:
  //! `total` 0: unknown.
  Progress(std::string what, std::int64_t total, bool quiet);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  //! `done` of `total`; `note` follows the figures.
  void Update(std::int64_t done, const std::string& note = {});
  //! Clears the bar, so that other text can follow.
  void Finish();

 private:
  std::string Line(std::int64_t done, const std::string& note) const;

  std::string what_;
  std::int64_t total_;
  bool quiet_;
  bool terminal_;
  bool drawn_ = false;
  double next_s_;
  Stopwatch watch_;
};

//! 75 -> "1:15", 3700 -> "1:01:40".
std::string FormatDuration(double seconds);

}  // namespace tenjo
