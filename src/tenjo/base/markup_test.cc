#include "tenjo/base/markup.h"

#include <gtest/gtest.h>

namespace tenjo {
namespace {

std::string Encoded(std::string_view text) {
  return Base64({reinterpret_cast<const unsigned char*>(text.data()), text.size()});
}

TEST(Base64, EqualsTheVectorsOfRfc4648) {
  EXPECT_EQ(Encoded(""), "");
  EXPECT_EQ(Encoded("f"), "Zg==");
  EXPECT_EQ(Encoded("fo"), "Zm8=");
  EXPECT_EQ(Encoded("foo"), "Zm9v");
  EXPECT_EQ(Encoded("foob"), "Zm9vYg==");
  EXPECT_EQ(Encoded("fooba"), "Zm9vYmE=");
  EXPECT_EQ(Encoded("foobar"), "Zm9vYmFy");
  EXPECT_EQ(Encoded("\xff\xfb"), "//s=");
}

TEST(EscapeHtml, LeavesNothingThatMeansSomething) {
  EXPECT_EQ(EscapeHtml("<a href=\"x\">&</a>"), "&lt;a href=&quot;x&quot;&gt;&amp;&lt;/a&gt;");
  EXPECT_EQ(EscapeHtml("天井"), "天井");
}

}  // namespace
}  // namespace tenjo
