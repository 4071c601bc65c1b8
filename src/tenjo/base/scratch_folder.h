#pragma once

#include <filesystem>

namespace tenjo {

//! A fresh folder among the system's temporary ones, removed with the object. Throws Error if it
//! cannot be made.
class ScratchFolder {
 public:
  ScratchFolder();
  ~ScratchFolder();
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace tenjo
