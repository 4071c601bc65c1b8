#pragma once

#include <cstdio>
#include <filesystem>
#include <string>
#include <string_view>

namespace tenjo {

//! Writes PATH.part and gives it its final name at Commit; without Commit nothing is left.
//! PATH "-" is standard output, written as it comes. All errors throw Error with the path and the
//! system's reason (no such folder, no space left); a closed pipe throws ClosedPipe.
class AtomicFile {
 public:
  explicit AtomicFile(const std::filesystem::path& path);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  void Write(std::string_view text);
  //! Hands what was written to the system, so that readers of a pipe see it.
  void Flush();
  void Commit();

  const std::filesystem::path& path() const { return path_; }
  //! Where the bytes go until Commit.
  const std::filesystem::path& part_path() const { return part_; }

 private:
  [[noreturn]] void Fail(const char* what) const;

  std::filesystem::path path_;
  std::filesystem::path part_;
  std::FILE* file_ = nullptr;
};

//! The name that a file has until it is whole: PATH with ".part" before its extension.
std::filesystem::path PartPath(const std::filesystem::path& path);

//! The whole file. Throws Error if it cannot be read.
std::string ReadFile(const std::filesystem::path& path);
//! Writes the whole file atomically.
void WriteFile(const std::filesystem::path& path, std::string_view text);

}  // namespace tenjo
