#include "tenjo/infer/in_turn.h"

namespace tenjo {

void RunInTurn(
    Backend* backend, std::size_t count, cv::Size size,
    const std::function<void(std::size_t i, cv::Mat& picture)>& fill,
    const std::function<void(std::size_t i, const std::vector<TensorView>& answers)>& take) {
  const auto slots = static_cast<std::size_t>(backend->num_slots());
  const auto wait = [&](std::size_t i) { take(i, backend->Wait(static_cast<int>(i % slots))); };
  for (std::size_t i = 0; i < count; ++i) {
    if (i >= slots) {
      wait(i - slots);
    }
    const int slot = static_cast<int>(i % slots);
    cv::Mat picture = backend->Input(slot, size);
    fill(i, picture);
    backend->Start(slot);
  }
  for (std::size_t i = count > slots ? count - slots : 0; i < count; ++i) {
    wait(i);
  }
}

}  // namespace tenjo
