#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "tenjo/synth/set/crowd.h"
#include "tenjo/synth/set/crowd_visit.h"

// Plans single visits among those already planned. Internal to this room.
namespace tenjo::synth {

//! A visit with what was done in it.
struct Plan {
  Visit visit;
  CrowdBody body;
  std::vector<CrowdEvent> events;  //!< tracks are numbered later
  std::vector<CrowdGoods> goods;   //!< likewise
};

//! Someone in the line at the till: when each place was left for the next, by place.
struct LineEntry {
  float join_s = 0;
  std::vector<float> depart_s;  //!< [0]: leaves the till
};

//! Someone stands or sits where another may come to talk.
struct MeetingPlace {
  std::size_t plan = 0;  //!< of Host::plans
  Vec2f at = Vec2f::Zero();
  float from_s = 0;
  float to_s = 0;
  bool taken = false;
};

struct SeatStay {
  std::size_t seat = 0;
  float from_s = 0;
  float to_s = 0;
};

//! All that is known while a crowd is planned.
struct Host {
  Host(const BodyAsset& body_asset, const Place& the_place, float from_s, float to_s)
      : asset(body_asset), place(the_place), floor(the_place), people(from_s, to_s) {}

  const BodyAsset& asset;
  const Place& place;
  WalkFloor floor;
  Occupancy people;
  float busy = 1;
  std::vector<Plan> plans;
  std::vector<LineEntry> line;
  std::vector<MeetingPlace> meetings;
  std::vector<SeatStay> seats;
  std::vector<CrowdGoods> goods;  //!< of all plans
};

//! A guest who comes in at about a time (it is rounded to Occupancy's ticks), does things and
//! leaves. `companion`: whom of the plans to stay with, -1 nobody. True if the visit was planned
//! and added to the host; else nothing has changed.
bool PlanGuest(Host& host, int identity, const CrowdBody& body, float enter_s, int companion,
               Random random);

//! Keeps guests away from where staff stand.
void BlockStaffPlace(Host& host, std::size_t spot, float from_s, float to_s);
//! One of those behind the counter, from the beginning to the end: the one at spot 0 takes what the
//! guests pay (who must all have been planned); works, looks about, and walks along the counter
//! where nobody is in the way. Of all plans that the host knows so far; `staff` stand at the spots
//! before that number.
Plan PlanStaff(const Host& host, int identity, const CrowdBody& body, std::size_t spot,
               std::size_t staff, float from_s, float to_s, Random random);

}  // namespace tenjo::synth
