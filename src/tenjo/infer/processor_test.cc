#include "tenjo/infer/processor.h"

#include <gtest/gtest.h>

#include "tenjo/testing/errors.h"

namespace tenjo {
namespace {

TEST(Processor, SaysWhatItHasAndWhatItLacks) {
  const Processor processor = ReadProcessor();
  EXPECT_FALSE(processor.name.empty());
  EXPECT_GE(processor.cores, 1);
  EXPECT_EQ(processor.instructions.size() + processor.lacks.size(), 5U);
  EXPECT_TRUE(processor.Computes("FP32"));
}

TEST(Processor, Bf16IsRefusedWhereThereIsNone) {
  Processor old;
  old.name = "Old One";
  old.computes = {"FP32", "INT8"};
  EXPECT_SAYS(testing::Failure([&] { NeedBf16(old); }),
              "this processor (Old One) does not compute in bf16");
  old.computes.push_back("BF16");
  EXPECT_EQ(testing::Failure([&] { NeedBf16(old); }), "");
}

}  // namespace
}  // namespace tenjo
