#include "tenjo/dataset/embedding_table.h"

#include <gtest/gtest.h>

#include <random>

namespace tenjo {
namespace {

TEST(EmbeddingTable, NpyIsReadAsItWasWritten) {
  std::mt19937 random(6);
  for (int trial = 0; trial < 50; ++trial) {
    EmbeddingTable table;
    table.length = 1 + random() % 300;
    table.values.resize(table.length * (random() % 40));
    for (float& value : table.values) {
      value = static_cast<float>(random()) / 1e9F + 1e-3F;
    }
    const std::string bytes = FormatEmbeddingNpy(table);
    EXPECT_EQ((bytes.size() - table.values.size() * sizeof(float)) % 64, 0U);
    const EmbeddingTable read = ParseEmbeddingNpy(bytes, "t");
    EXPECT_EQ(read.length, table.length);
    EXPECT_EQ(read.values, table.values);
  }
}

TEST(EmbeddingTable, NobodyIsATableToo) {
  const EmbeddingTable read = ParseEmbeddingNpy(FormatEmbeddingNpy({}), "t");
  EXPECT_EQ(read.rows(), 0);
}

}  // namespace
}  // namespace tenjo
