#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "tenjo/analyze/event.h"
#include "tenjo/analyze/floor_map.h"
#include "tenjo/analyze/occupancy.h"
#include "tenjo/analyze/place.h"
#include "tenjo/camera/camera.h"
#include "tenjo/vision/person.h"

namespace tenjo {

class PlaceWatch;

struct AnalyzerOptions {
  std::string camera;  //!< name put into events
  std::optional<Camera> lens =
      {};             //!< lens and pose; needed by places in metres, heatmap and paths
  double lost_s = 2;  //!< a track that is unseen for longer is lost
  double heat_cell_m = 0.25;
};

//! The tracker says that a track it called `from` is `to`.
struct IdCorrection {
  std::int64_t from = 0;
  std::int64_t to = 0;
  bool swap = false;  //!< and the other way round: two tracks had each other's id
};

//! What is known of one frame.
struct AnalyzerFrame {
  std::int64_t number = 0;
  double time_s = 0;  //!< of the camera; must not fall
  double utc_s = 0;   //!< the same moment, seconds since 1970; may jump when the clock is set
  std::span<const Person> people = {};  //!< those without an id are left out
  std::span<const IdCorrection> corrections = {};
};

//! A place at this moment.
struct PlaceNow {
  std::string name;
  PlaceKind kind = PlaceKind::kZone;
  std::vector<std::int64_t> inside;  //!< tracks; of a shelf those with a hand in it
  std::int64_t entered = 0;          //!< since the start
  std::int64_t left = 0;
  std::int64_t forward = 0;
  std::int64_t backward = 0;
  std::int64_t reached = 0;
};

//! From the tracks of one camera to what happened at its places. Used by one thread.
class Analyzer {
 public:
  //! Throws Error for places that cannot be, two of one name, or metres without a lens.
  Analyzer(const AnalyzerOptions& options, const std::vector<Place>& places);
  ~Analyzer();
  Analyzer(const Analyzer&) = delete;
  Analyzer& operator=(const Analyzer&) = delete;

  //! The next frame. Events come by rising time; one that needed time to be sure may lie before
  //! events told earlier.
  std::vector<Event> Update(const AnalyzerFrame& frame);
  //! The source ended or the service stops: everyone is lost where last seen.
  std::vector<Event> Finish();

  //! Other places and lens, from the next frame on. A place keeps who is inside if its name and
  //! kind stay. Throws Error as the constructor does, and then nothing has changed.
  void SetPlaces(const std::optional<Camera>& lens, const std::vector<Place>& places);

  std::vector<PlaceNow> Now() const;
  std::size_t people() const { return tracks_.size(); }

  //! What has come together since the last call.
  std::vector<PlaceMinute> TakeMinutes();
  //! With those that are not over.
  std::vector<PlaceMinute> TakeAllMinutes() { return occupancy_.TakeAll(); }
  std::vector<TrackRecord> TakeTracks();
  FloorHeat TakeHeat();

 private:
  struct TrackState;
  struct Watched;

  void Check(const std::optional<Camera>& lens, const std::vector<Place>& places) const;
  void Correct(const IdCorrection& correction, const AnalyzerFrame& frame,
               std::vector<Event>& events);
  void Swap(std::int64_t a, std::int64_t b);
  void See(const Person& person, const AnalyzerFrame& frame, std::vector<Event>& events);
  void ForgetTracks(double now_s, std::vector<Event>& events);
  void EndTrack(std::int64_t track, const TrackState& state, std::vector<Event>& events);
  void CountPlaces(const AnalyzerFrame& frame);
  std::vector<Event> Stamp(std::vector<Event> events);

  AnalyzerOptions options_;
  std::vector<Watched> watched_;
  std::map<std::int64_t, TrackState> tracks_;
  std::map<std::int64_t, double> gone_;  // lost tracks and when they were last seen
  std::vector<Event> removed_;           // by SetPlaces, told with the next frame
  Occupancy occupancy_;
  FloorHeat heat_;
  std::vector<TrackRecord> ended_;
  std::optional<double> last_s_;
  double utc_offset_s_ = 0;
};

}  // namespace tenjo
