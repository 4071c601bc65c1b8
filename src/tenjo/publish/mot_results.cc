#include "tenjo/publish/mot_results.h"

#include <fmt/format.h>

namespace tenjo {

void MotResultsSink::Write(const Frame& frame, const std::vector<Person>& people) {
  for (const Person& person : people) {
    const Box& box = person.box;
    file_.Write(fmt::format("{},{},{:.2f},{:.2f},{:.2f},{:.2f},{:.3f},-1,-1,-1\n", frame.number + 1,
                            person.id.value_or(-1), box.x, box.y, box.w, box.h, person.score));
  }
}

}  // namespace tenjo
