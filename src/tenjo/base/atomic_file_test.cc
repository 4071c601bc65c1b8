#include "tenjo/base/atomic_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>

#include "tenjo/base/error.h"
#include "tenjo/testing/paths.h"

namespace tenjo {
namespace {

using testing::TempDir;

int FilesIn(const std::filesystem::path& folder) {
  int count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder)) {
    ++count;
  }
  return count;
}

TEST(AtomicFile, AppearsWholeAtCommit) {
  const TempDir dir;
  AtomicFile file(dir / "a.txt");
  file.Write("one\n");
  file.Flush();
  EXPECT_FALSE(std::filesystem::exists(dir / "a.txt"));
  file.Write("two\n");
  file.Commit();
  EXPECT_EQ(ReadFile(dir / "a.txt"), "one\ntwo\n");
  EXPECT_EQ(FilesIn(dir.path()), 1);
}

TEST(AtomicFile, LeavesNothingWithoutCommitAndKeepsTheOldFile) {
  const TempDir dir;
  WriteFile(dir / "a.txt", "old");
  {
    AtomicFile file(dir / "a.txt");
    file.Write("half of the new");
  }
  EXPECT_EQ(ReadFile(dir / "a.txt"), "old");
  EXPECT_EQ(FilesIn(dir.path()), 1);
}

TEST(AtomicFile, SaysWhatCannotBeWritten) {
  const TempDir dir;
  try {
    AtomicFile file(dir / "no/such/folder/a.txt");
    FAIL() << "expected an error";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("no/such/folder/a.txt"), std::string::npos);
    EXPECT_NE(std::string(error.what()).find("No such file"), std::string::npos);
  }
  EXPECT_THROW(AtomicFile{dir.path()}, Error);
}

TEST(AtomicFile, ReportsAFullDisk) {
  if (!std::filesystem::exists("/dev/full")) {
    GTEST_SKIP() << "no /dev/full here";
  }
  AtomicFile file("/dev/full");
  file.Write("text");
  try {
    file.Commit();
    FAIL() << "expected an error";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("No space left"), std::string::npos) << error.what();
  }
}

TEST(AtomicFile, TellsAClosedPipeFromOtherErrors) {
  const TempDir dir;
  const std::string pipe = dir / "pipe";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  std::signal(SIGPIPE, SIG_IGN);
  std::FILE* reader = std::fopen(pipe.c_str(), "r+");
  AtomicFile file(pipe);
  std::fclose(reader);
  file.Write("text");
  EXPECT_THROW(file.Flush(), ClosedPipe);
}

TEST(ReadFile, SaysWhyItCannotRead) {
  const TempDir dir;
  EXPECT_THROW(ReadFile(dir / "missing"), Error);
  EXPECT_THROW(ReadFile(dir.path()), Error);
}

TEST(PartPath, KeepsTheExtension) { EXPECT_EQ(PartPath("/a/b.mp4"), "/a/b.part.mp4"); }

}  // namespace
}  // namespace tenjo
