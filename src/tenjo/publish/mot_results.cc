#include "tenjo/publish/mot_results.h"

#include "tenjo/dataset/mot.h"

namespace tenjo {

void MotResultsSink::Write(const Frame& frame, const std::vector<Person>& people) {
  for (const Person& person : people) {
    file_.Write(
        FormatMotLine({frame.number + 1, person.id.value_or(-1), person.box, person.score}));
  }
}

}  // namespace tenjo
