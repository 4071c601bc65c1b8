#include "tenjo/testing/paths.h"

#include <unistd.h>

#include <stdexcept>

namespace tenjo::testing {

std::filesystem::path SourceDir() { return TENJO_SOURCE_DIR; }

std::filesystem::path SharedData(const std::string& path) {
  return std::filesystem::path(TENJO_SHARED_DATA_DIR) / path;
}

std::string Python() { return TENJO_PYTHON_EXE; }

TempDir::TempDir() {
  std::string pattern = (std::filesystem::temp_directory_path() / "tenjo-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) {
    throw std::runtime_error("cannot make a folder for a test");
  }
  path_ = pattern;
}

TempDir::~TempDir() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace tenjo::testing
