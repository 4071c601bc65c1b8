#include "tenjo/infer/openvino_error.h"

#include <gtest/gtest.h>

#include <string>

namespace tenjo {
namespace {

TEST(OneLine, KeepsTheReasonAndDropsThePlaces) {
  EXPECT_EQ(OneLine("Exception from src/inference/src/cpp/core.cpp:109:\n"
                    "Exception from src/inference/src/dev/plugin.cpp:54:\n"
                    "Check 'left == right' failed at src/core/src/shape.cpp:77:\n"
                    "Argument shapes are inconsistent.\n\n"),
            "Argument shapes are inconsistent");
  EXPECT_EQ(OneLine("Check 'a(b, c)' failed at src/x.cpp:1: No such layer:\n name 'x'\n"),
            "No such layer: name 'x'");
  EXPECT_EQ(
      OneLine("node 'n': Check 'x' failed at src/a.cpp:52:\nfirst Check 'y' failed at b.cpp:7"),
      "node 'n': first");
  EXPECT_EQ(OneLine("first\r\nsecond"), "first; second");
  EXPECT_EQ(OneLine("same\nsame\n"), "same");
}

TEST(OneLine, AlwaysSaysSomethingShortOnOneLine) {
  EXPECT_EQ(OneLine(""), "OpenVINO gives no reason");
  EXPECT_EQ(OneLine("Exception from a.cpp:1:\n"), "OpenVINO gives no reason");
  EXPECT_EQ(OneLine("Check 'x' failed at a.cpp"), "OpenVINO gives no reason");
  EXPECT_EQ(OneLine("tab\there"), "tab here");
  EXPECT_LE(OneLine(std::string(5000, 'x')).size(), 303U);
}

}  // namespace
}  // namespace tenjo
