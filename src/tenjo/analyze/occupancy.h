#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "tenjo/analyze/event.h"
#include "tenjo/analyze/place.h"

namespace tenjo {

//! What one minute of one place added up to. Rows of the same place and minute add (`most` by the
//! larger), so a minute that is cut in two by a restart is still right.
struct PlaceMinute {
  std::string camera;
  std::string place;
  std::int64_t minute = 0;    //!< since 1970, UTC
  double seconds = 0;         //!< that were watched
  double person_seconds = 0;  //!< spent inside by all; divided by `seconds`: the mean
  int most = 0;               //!< people inside at once
  int entered = 0;
  int left = 0;
  int forward = 0;  //!< lines
  int backward = 0;
  int reached = 0;

  void Add(const PlaceMinute& other);
};

//! Adds up the minutes of one camera's places.
class Occupancy {
 public:
  explicit Occupancy(std::string camera) : camera_(std::move(camera)) {}

  //! `inside` people were in the place for the `seconds` before `utc_s`.
  void Count(const Place& place, double utc_s, double seconds, int inside);
  //! Counts the event into the minute at which it happened.
  void Count(const Place& place, const Event& event);
  //! Minutes that are over at `utc_s`, and those to come in case the clock was set back; oldest
  //! first.
  std::vector<PlaceMinute> TakeFinished(double utc_s);
  //! All there is.
  std::vector<PlaceMinute> TakeAll();

 private:
  PlaceMinute& At(const Place& place, double utc_s);

  std::string camera_;
  std::map<std::pair<std::int64_t, std::string>, PlaceMinute> open_;
};

}  // namespace tenjo
