#include "tenjo/base/shipped_folder.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <system_error>

namespace tenjo {
namespace {

// Empty if the system does not say.
std::filesystem::path ProgramFolder() {
  std::error_code error;
  const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", error);
  return error ? std::filesystem::path() : program.parent_path();
}

}  // namespace

std::filesystem::path ShippedFolder(const std::string& name) {
  std::string variable = "TENJO_" + name;
  std::transform(variable.begin(), variable.end(), variable.begin(), [](char letter) {
    return static_cast<char>(std::toupper(static_cast<unsigned char>(letter)));
  });
  const char* given = std::getenv(variable.c_str());
  if (given != nullptr && *given != '\0') {
    return given;
  }
  const std::filesystem::path installed = ProgramFolder() / ".." / "share" / "tenjo" / name;
  std::error_code error;
  if (std::filesystem::is_directory(installed, error)) {
    return installed.lexically_normal();
  }
  return std::filesystem::path(TENJO_SOURCE_FOLDER) / name;
}

}  // namespace tenjo
