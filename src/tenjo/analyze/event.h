#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "tenjo/analyze/geometry.h"

namespace tenjo {

enum class EventType {
  kAppeared,     //!< a track is seen for the first time
  kLost,         //!< a track is seen no longer
  kCameBack,     //!< a lost track is seen again
  kIdCorrected,  //!< what was track `other_track` is `track`
  kEntered,
  kLeft,
  kDwelt,
  kCrossed,
  kReached,
};

//! Something that happened before a camera. Times are those of the first frame that shows it (of a
//! dwell: the moment itself), so an event is told a little later than it happened: when it is sure.
struct Event {
  EventType type = EventType::kAppeared;
  std::string id;          //!< made once, when the event is published (publish/event_id.h)
  std::int64_t frame = 0;  //!< number of the frame that shows it first
  double time_s = 0;       //!< of the camera's frames
  double utc_s = 0;        //!< the same moment in seconds since 1970
  std::string camera = {};
  std::int64_t track = 0;
  std::string place = {};              //!< empty: the event is of the track as such
  std::optional<Point2> at = {};       //!< the point of the person, in the place's units
  std::optional<double> seconds = {};  //!< stayed (left, dwelt), reached, or away (came back)
  std::optional<double> depth = {};    //!< reached: deepest, in the place's units
  std::string direction = {};          //!< crossed: its name
  std::string hand = {};               //!< reached: left or right
  std::string reason = {};             //!< left: walked, lost or removed (the place)
  std::optional<bool> ended = {};      //!< dwelt: whether the stay is over
  std::optional<std::int64_t> other_track = {};  //!< id corrected
};

std::string_view NameOf(EventType type);
//! Empty for a name that no type has.
std::optional<EventType> EventTypeOf(std::string_view name);

}  // namespace tenjo
