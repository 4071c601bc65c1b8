#include "tenjo/evaluate/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tenjo/base/atomic_file.h"

namespace tenjo {

MappedFile::MappedFile(const std::filesystem::path& path) {
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  struct stat facts = {};
  if (file >= 0 && fstat(file, &facts) == 0 && S_ISREG(facts.st_mode) && facts.st_size > 0) {
    const auto size = static_cast<std::size_t>(facts.st_size);
    void* mapped = mmap(nullptr, size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, file, 0);
    if (mapped != MAP_FAILED) {
      mapped_ = static_cast<const char*>(mapped);
      size_ = size;
    }
  }
  if (file >= 0) {
    close(file);
  }
  if (mapped_ == nullptr) {
    // Pipes and what cannot be opened, with its reason.
    read_ = ReadFile(path);
  }
}

MappedFile::~MappedFile() {
  if (mapped_ != nullptr) {
    munmap(const_cast<char*>(mapped_), size_);
  }
}

}  // namespace tenjo
