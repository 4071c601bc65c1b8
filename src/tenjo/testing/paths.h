#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

namespace tenjo::testing {

//! Root of the project's sources.
std::filesystem::path SourceDir();
//! A path in the measuring data that is not part of the project.
std::filesystem::path SharedData(const std::string& path);
//! Python with the packages of requirements/.
std::string Python();

//! A fresh folder, removed with the object.
class TempDir {
 public:
  TempDir();
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

}  // namespace tenjo::testing

//! Ends a test, with a line that says so, where the measuring data is absent.
#define TENJO_NEEDS_SHARED(path)                                                       \
  if (!std::filesystem::exists(::tenjo::testing::SharedData(path))) {                  \
    GTEST_SKIP() << "needs the measuring data " << ::tenjo::testing::SharedData(path); \
  }
