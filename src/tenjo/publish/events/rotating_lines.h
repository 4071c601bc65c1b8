#pragma once

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>

#include "tenjo/publish/events/event_sink.h"

namespace tenjo {

struct RotatingLinesOptions {
  std::filesystem::path path;  //!< "-": standard output
  std::int64_t most_bytes = 64 << 20;
  int files = 10;  //!< PATH, PATH.1 (newer) to PATH.N-1 (older)

  friend bool operator==(const RotatingLinesOptions&, const RotatingLinesOptions&) = default;
};

//! JSON Lines: one item a line. A line that a killed process left unfinished is cut off.
class RotatingLines : public EventSink {
 public:
  explicit RotatingLines(const RotatingLinesOptions& options) : options_(options) {}
  void Open() override;
  void Deliver(std::span<const Item> items) override;

 private:
  void Rotate();

  RotatingLinesOptions options_;
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file_{nullptr, &std::fclose};
  std::int64_t bytes_ = 0;
};

}  // namespace tenjo
