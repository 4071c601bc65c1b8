#pragma once

#include <cstdint>
#include <string>

#include "tenjo/analyze/event.h"
#include "tenjo/analyze/floor_map.h"
#include "tenjo/analyze/occupancy.h"

namespace tenjo {

enum class ItemKind { kEvent, kTrack, kOccupancy, kHeat };

//! Something to be delivered: one JSON object (docs/serve.md) with an "id" that it keeps wherever
//! and however often it goes.
struct Item {
  std::int64_t number = 0;  //!< rising in the order of publishing; given by the outbox
  ItemKind kind = ItemKind::kEvent;
  std::string id;
  std::string camera;
  std::string word;  //!< events: the type's name
  std::string json;  //!< on one line
};

//! A UUID of version 7 (RFC 9562): milliseconds since 1970, then random bits; within one process
//! each is greater than the one before, even when the clock is set back. Any thread may call it.
std::string MakeId();

//! These give the object its id.
Item MakeItem(const std::string& site, Event event);
Item MakeItem(const std::string& site, const TrackRecord& track);
Item MakeItem(const std::string& site, const PlaceMinute& minute);
Item MakeItem(const std::string& site, const std::string& camera, double utc_s,
              const FloorHeat& heat);

//! "2026-05-01T12:00:00.250Z".
std::string FormatUtc(double utc_s);

std::string_view NameOf(ItemKind kind);

}  // namespace tenjo
