#include "tenjo/analyze/event.h"

#include <array>

namespace tenjo {
namespace {

constexpr std::array<std::string_view, 9> kNames = {"appeared",     "lost",    "came_back",
                                                    "id_corrected", "entered", "left",
                                                    "dwelt",        "crossed", "reached"};

}  // namespace

std::string_view NameOf(EventType type) { return kNames[static_cast<std::size_t>(type)]; }

std::optional<EventType> EventTypeOf(std::string_view name) {
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] == name) {
      return static_cast<EventType>(i);
    }
  }
  return std::nullopt;
}

}  // namespace tenjo
