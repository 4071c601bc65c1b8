#include "tenjo/base/shipped_folder.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace tenjo {
namespace {

TEST(ShippedFolder, TheVariableWins) {
  setenv("TENJO_THINGS", "/somewhere", 1);
  EXPECT_EQ(ShippedFolder("things"), "/somewhere");
  setenv("TENJO_THINGS", "", 1);
  EXPECT_EQ(ShippedFolder("things").filename(), "things");
  unsetenv("TENJO_THINGS");
}

TEST(ShippedFolder, AProgramThatIsNotInstalledTakesTheSources) {
  EXPECT_TRUE(std::filesystem::exists(ShippedFolder("assets") / "LICENSES.md"));
}

}  // namespace
}  // namespace tenjo
