#include "tenjo/publish/events/rotating_lines.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "tenjo/base/error.h"

namespace tenjo {
namespace {

[[noreturn]] void Fail(const char* what, const std::filesystem::path& path) {
  const int reason = errno;
  throw Error(fmt::format("cannot {} {}: {}", what, path == "-" ? "standard output" : path.string(),
                          std::strerror(reason)));
}

int KeepOpen(std::FILE*) { return 0; }

// Bytes up to the end of the last whole line.
std::int64_t WholeLines(const std::filesystem::path& path) {
  std::error_code absent;
  auto size = static_cast<std::int64_t>(std::filesystem::file_size(path, absent));
  if (absent) {
    return 0;
  }
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"),
                                                             &std::fclose);
  if (!file) {
    Fail("read", path);
  }
  for (; size > 0; --size) {
    if (std::fseek(file.get(), static_cast<long>(size - 1), SEEK_SET) != 0) {
      Fail("read", path);
    }
    if (std::fgetc(file.get()) == '\n') {
      break;
    }
  }
  return size;
}

std::filesystem::path Numbered(const std::filesystem::path& path, int number) {
  return number == 0 ? path : std::filesystem::path(fmt::format("{}.{}", path.string(), number));
}

}  // namespace

void RotatingLines::Open() {
  if (options_.path == "-") {
    file_ = {stdout, &KeepOpen};
    return;
  }
  file_.reset();
  bytes_ = WholeLines(options_.path);
  std::error_code error;
  if (std::filesystem::exists(options_.path)) {
    std::filesystem::resize_file(options_.path, static_cast<std::uintmax_t>(bytes_), error);
    if (error) {
      throw Error(fmt::format("cannot write to {}: {}", options_.path.string(), error.message()));
    }
  }
  file_ = {std::fopen(options_.path.c_str(), "ab"), &std::fclose};
  if (!file_) {
    Fail("write", options_.path);
  }
}

void RotatingLines::Deliver(std::span<const Item> items) {
  for (const Item& item : items) {
    const std::string line = item.json + "\n";
    if (options_.path != "-" && bytes_ > 0 &&
        bytes_ + static_cast<std::int64_t>(line.size()) > options_.most_bytes) {
      Rotate();
    }
    if (std::fwrite(line.data(), 1, line.size(), file_.get()) != line.size()) {
      Fail("write to", options_.path);
    }
    bytes_ += static_cast<std::int64_t>(line.size());
  }
  if (std::fflush(file_.get()) != 0) {
    Fail("write to", options_.path);
  }
}

void RotatingLines::Rotate() {
  if (std::fflush(file_.get()) != 0) {
    Fail("write to", options_.path);
  }
  file_.reset();
  std::error_code error;
  for (int i = options_.files - 1; i > 0; --i) {
    const std::filesystem::path from = Numbered(options_.path, i - 1);
    if (std::filesystem::exists(from)) {
      std::filesystem::rename(from, Numbered(options_.path, i), error);
    }
  }
  if (options_.files == 1) {
    std::filesystem::remove(options_.path, error);
  }
  if (error) {
    throw Error(fmt::format("cannot rotate {}: {}", options_.path.string(), error.message()));
  }
  Open();
}

}  // namespace tenjo
