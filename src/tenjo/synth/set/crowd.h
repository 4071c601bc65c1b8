#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "tenjo/synth/people/body.h"
#include "tenjo/synth/people/motion.h"
#include "tenjo/synth/people/wardrobe.h"
#include "tenjo/synth/place/place.h"

namespace tenjo::synth {

struct CrowdOptions {
  float seconds = 30;  //!< 1-600
  int min_people = 3;  //!< who are there at a time, staff counted; they come one by one, so a
  int max_people = 8;  //!< place may hold fewer for moments, but never more
  float busy = 1;      //!< how quickly they do things and are followed by others; 0.25-4
  std::uint64_t seed = 0;
};

//! What the simulation needs to know of an identity.
struct CrowdBody {
  const RestBody* rest = nullptr;  //!< must outlive the crowd
  MotionStyle style;
  bool child = false;
};
//! Asked once an identity, in the order in which identities first come.
using CrowdCast = std::function<CrowdBody(int identity, OutfitRole role)>;

enum class CrowdEventKind : std::uint8_t {
  kReach,    //!< a hand goes to a shelf's goods and comes back empty
  kTake,     //!< and comes back with something; shelf -1: from the counter
  kPutBack,  //!< goes with something and comes back empty
  kPay,
  kSit,   //!< from beginning to sit down until standing again
  kTalk,  //!< stands or sits with `other`
};
std::string_view Name(CrowdEventKind kind);

//! What somebody did. Hands: 0 left, 1 right, 2 both, -1 none.
struct CrowdEvent {
  CrowdEventKind kind = CrowdEventKind::kReach;
  int identity = 0;
  int track = 0;
  int hand = -1;
  int shelf = -1;               //!< ShelfFront::id
  int goods = -1;               //!< of ShelfFront::goods
  Vec3f place = Vec3f::Zero();  //!< of the goods, the till, the seat or who is talked to
  float start_s = 0;
  float middle_s = 0;  //!< the hand is at the place
  float end_s = 0;
  int other = -1;  //!< identity
};

//! One stay of one identity. Times may lie outside 0 .. seconds: who was there before, who stays.
struct CrowdTrack {
  int identity = 0;
  int track = 0;
  bool staff = false;
  float enter_s = 0;
  float leave_s = 0;
  int enter_door = -1;  //!< of Place::doors; -1: staff, who are there all the time
  int leave_door = -1;
};

//! A thing that is not where it was: from a time until another in the hand of a track (that may be
//! over by then; -1: was over before the sequence began).
struct CrowdGoods {
  std::size_t shelf = 0;  //!< of Place::shelves
  std::size_t goods = 0;  //!< of ShelfFront::goods
  int track = -1;
  int hand = 1;      //!< 0 left, 1 right
  float from_s = 0;  //!< the middle of the event in which it is taken
  float to_s = 0;    //!< and of that in which it is put back; far away if never
};

//! Somebody at a moment.
struct CrowdMoment {
  int identity = 0;
  int track = 0;
  BodyPose pose;
  HeldThing left = HeldThing::kNothing;
  HeldThing right = HeldThing::kNothing;
  Vec3f floor = Vec3f::Zero();  //!< below the hips' middle
  float yaw_rad = 0;
  float sitting = 0;  //!< 0 stands .. 1 sits
};

//! Guests and staff of a place over time. Every visit is planned whole before the next one, in
//! space and time around all that are planned already (cooperative A*, Silver 2005), and kept only
//! if nobody comes too near anybody: so bodies never overlap and nobody ever gets stuck. The same
//! for the same seed. Read by all threads.
class Crowd {
 public:
  //! `asset` and `place` must outlive the crowd. Throws Error on options out of their bounds.
  Crowd(const BodyAsset& asset, const Place& place, const CrowdOptions& options,
        const CrowdCast& cast);
  ~Crowd();
  Crowd(Crowd&&) noexcept;
  Crowd& operator=(Crowd&&) = delete;

  //! Who is there, by rising track.
  std::vector<CrowdMoment> At(float time_s) const;
  //! Those that are there at some time of the sequence, by time of entering; numbered from 1.
  const std::vector<CrowdTrack>& tracks() const;
  const std::vector<CrowdEvent>& events() const;  //!< by time
  //! What was taken off shelves before or during the sequence. Nothing is taken twice.
  const std::vector<CrowdGoods>& goods() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tenjo::synth
