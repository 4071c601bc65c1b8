#include "tenjo/base/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <utility>

namespace tenjo {
namespace {

constexpr double kBarEvery_s = 0.2;
constexpr double kLineEvery_s = 10;
constexpr int kBarWidth = 24;

}  // namespace

std::string FormatDuration(double seconds) {
  const auto whole = static_cast<long long>(std::max(0.0, seconds) + 0.5);
  if (whole >= 3600) {
    return fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
  }
  return fmt::format("{}:{:02}", whole / 60, whole % 60);
}

Progress::Progress(std::string what, std::int64_t total, bool quiet)
    : what_(std::move(what)),
      total_(total),
      quiet_(quiet),
      terminal_(isatty(STDERR_FILENO) != 0),
      next_s_(terminal_ ? kBarEvery_s : kLineEvery_s) {}

Progress::~Progress() { Finish(); }

std::string Progress::Line(std::int64_t done, const std::string& note) const {
  const double elapsed = std::max(watch_.seconds(), 1e-9);
  const double rate = static_cast<double>(done) / elapsed;
  std::string line = what_ + " ";
  if (total_ > 0) {
    const double share =
        std::clamp(static_cast<double>(done) / static_cast<double>(total_), 0.0, 1.0);
    if (terminal_) {
      const int full = static_cast<int>(share * kBarWidth);
      line += fmt::format("[{:=<{}}{: <{}}] ", "", full, "", kBarWidth - full);
    }
    line += fmt::format("{}/{} ({:.0f} %), {:.1f} fps", done, total_, 100 * share, rate);
    if (rate > 0) {
      line += ", " + FormatDuration(static_cast<double>(total_ - std::min(done, total_)) / rate) +
              " left";
    }
  } else {
    line += fmt::format("{}, {:.1f} fps, {}", done, rate, FormatDuration(elapsed));
  }
  return note.empty() ? line : line + ", " + note;
}

void Progress::Update(std::int64_t done, const std::string& note) {
  if (quiet_ || watch_.seconds() < next_s_) {
    return;
  }
  next_s_ = watch_.seconds() + (terminal_ ? kBarEvery_s : kLineEvery_s);
  const std::string line = Line(done, note);
  if (terminal_) {
    std::fputs(fmt::format("\r{}\033[K", line).c_str(), stderr);
    drawn_ = true;
  } else {
    std::fputs((line + "\n").c_str(), stderr);
  }
  std::fflush(stderr);
}

void Progress::Finish() {
  if (drawn_) {
    std::fputs("\r\033[K", stderr);
    std::fflush(stderr);
    drawn_ = false;
  }
}

}  // namespace tenjo
