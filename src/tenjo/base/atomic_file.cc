#include "tenjo/base/atomic_file.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

#include "tenjo/base/error.h"

namespace tenjo {

std::filesystem::path PartPath(const std::filesystem::path& path) {
  std::filesystem::path part = path;
  part.replace_filename(path.stem().string() + ".part" + path.extension().string());
  return part;
}

AtomicFile::AtomicFile(const std::filesystem::path& path) : path_(path) {
  if (path == "-") {
    file_ = stdout;
    return;
  }
  if (std::filesystem::is_directory(path)) {
    throw Error(fmt::format("cannot write {}: it is a folder", path.string()));
  }
  // What is not a regular file (/dev/null, a named pipe) cannot be replaced by a rename.
  part_ = std::filesystem::exists(path) && !std::filesystem::is_regular_file(path) ? path
                                                                                   : PartPath(path);
  file_ = std::fopen(part_.c_str(), "wb");
  if (file_ == nullptr) {
    Fail("cannot write");
  }
}

AtomicFile::~AtomicFile() {
  if (file_ == nullptr || file_ == stdout) {
    return;
  }
  std::fclose(file_);
  if (part_ != path_) {
    std::error_code ignored;
    std::filesystem::remove(part_, ignored);
  }
}

void AtomicFile::Fail(const char* what) const {
  const int reason = errno;
  const std::string name = path_ == "-" ? "standard output" : path_.string();
  const std::string sentence = fmt::format("{} {}: {}", what, name, std::strerror(reason));
  if (reason == EPIPE) {
    throw ClosedPipe(sentence);
  }
  throw Error(sentence);
}

void AtomicFile::Write(std::string_view text) {
  TENJO_CHECK(file_ != nullptr);
  if (std::fwrite(text.data(), 1, text.size(), file_) != text.size()) {
    Fail("cannot write to");
  }
}

void AtomicFile::Flush() {
  TENJO_CHECK(file_ != nullptr);
  if (std::fflush(file_) != 0) {
    Fail("cannot write to");
  }
}

void AtomicFile::Commit() {
  Flush();
  if (file_ == stdout) {
    return;
  }
  // Some systems report a full disk only here.
  if (part_ != path_ && fsync(fileno(file_)) != 0) {
    Fail("cannot write to");
  }
  std::FILE* file = file_;
  file_ = nullptr;
  if (std::fclose(file) != 0) {
    std::error_code ignored;
    std::filesystem::remove(part_, ignored);
    Fail("cannot write to");
  }
  if (part_ != path_) {
    std::error_code error;
    std::filesystem::rename(part_, path_, error);
    if (error) {
      std::error_code ignored;
      std::filesystem::remove(part_, ignored);
      throw Error(fmt::format("cannot write {}: {}", path_.string(), error.message()));
    }
  }
}

std::string ReadFile(const std::filesystem::path& path) {
  if (std::filesystem::is_directory(path)) {
    throw Error(fmt::format("cannot read {}: it is a folder", path.string()));
  }
  std::ifstream in(path, std::ios::binary);
  if (!in) {
    throw Error(fmt::format("cannot read {}: {}", path.string(), std::strerror(errno)));
  }
  std::ostringstream text;
  text << in.rdbuf();
  if (in.bad()) {
    throw Error(fmt::format("cannot read {}: reading stopped half-way", path.string()));
  }
  return std::move(text).str();
}

void WriteFile(const std::filesystem::path& path, std::string_view text) {
  AtomicFile file(path);
  file.Write(text);
  file.Commit();
}

}  // namespace tenjo
