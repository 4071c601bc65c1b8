#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

namespace tenjo {

//! A whole file to be read, without a copy of it where the system can do that. It must not be cut
//! short meanwhile. Throws Error as ReadFile does.
class MappedFile {
 public:
  explicit MappedFile(const std::filesystem::path& path);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  std::string_view text() const {
    return mapped_ != nullptr ? std::string_view(mapped_, size_) : std::string_view(read_);
  }

 private:
  const char* mapped_ = nullptr;
  std::size_t size_ = 0;
  std::string read_;
};

}  // namespace tenjo
