#include "tenjo/synth/scene/noise.h"

namespace tenjo::synth {
namespace {

//! Each byte 128 times, shuffled (Fisher and Yates), so that the mean is exactly the middle.
NoiseTable MakeTable() {
  NoiseTable table = {};
  for (std::size_t i = 0; i < table.size(); ++i) {
    table[i] = static_cast<std::uint8_t>(i & 255U);
  }
  std::uint32_t state = 0x2545f491U;
  for (std::size_t i = table.size() - 1; i > 0; --i) {
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    const std::size_t j = state % (i + 1);
    const std::uint8_t kept = table[i];
    table[i] = table[j];
    table[j] = kept;
  }
  return table;
}

}  // namespace

const NoiseTable kNoiseTable = MakeTable();

}  // namespace tenjo::synth
