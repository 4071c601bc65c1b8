#pragma once

#include <optional>
#include <span>
#include <variant>
#include <vector>

#include "tenjo/track/floor_filter.h"
#include "tenjo/track/sort_filter.h"
#include "tenjo/track/tracker.h"
#include "tenjo/track/xyah_filter.h"

namespace tenjo {

//! A detection as trackers see it.
struct Observation {
  Box box;
  double score = 1;
  int detection = -1;     //!< index among the caller's
  FloorPoint floor = {};  //!< only where association is on the floor
};

//! Where a track may be found: the box of its prediction, and a place if association is on the
//! floor.
struct Place {
  Box box;
  double x = 0;  //!< metres, of the prediction
  double y = 0;
  double deviation = 0;  //!< of one coordinate, metres
  double last_x = 0;     //!< where it was last seen
  double last_y = 0;
  double reach = 0;  //!< metres that it can have gone from there
};

//! Which of a picture's coordinates trackers work in: boxes in pixels, or the floor in metres.
class Space {
 public:
  explicit Space(const TrackerOptions& options);

  bool on_floor() const { return camera_ != nullptr; }
  double max_speed() const { return max_speed_; }

  //! Pixels of the image that is looked at; 0 or less: not known, boxes count whole.
  void SetImage(int width, int height) {
    image_ = {.w = static_cast<double>(width), .h = static_cast<double>(height)};
  }

  //! False if the detection stands nowhere on the floor that people are sought on.
  bool ToFloor(const Detection& detection, FloorPoint& at) const;

  //! How well each observation fits each place, 0 to 1, a row an observation. In the picture: IoU
  //! of what lies in the image. On the floor: half of that, and half of how near the places are:
  //! with d the distance and s = floor_size_m plus twice the prediction's deviation (0.5 m at
  //! most), (s - d) / (s + d), which is the IoU of two lines of length s that lie d apart, times
  //! the IoU of the two boxes laid upon each other. 0 beyond what a walking person can reach since
  //! last seen.
  void Affinities(std::span<const Observation> observations, std::span<const Place> places,
                  std::vector<double>& affinities) const;
  //! How near two observations of one moment are: IoU, or the same of two places on the floor.
  double Affinity(const Observation& a, const Observation& b) const;

 private:
  std::shared_ptr<const Camera> camera_;
  double max_speed_;
  double size_;
  Box image_;
};

//! How one track moves. In the picture after the tracker's own paper, on the floor by FloorFilter.
class Motion {
 public:
  enum class Model {
    kSort,
    kXyah,
    kXyahInTime  //!< a frame that lasts longer is several of the paper's videos, of 25 to 30 a
                 //!< second
  };

  Motion(Model model, const Space& space, const Observation& first);

  //! One frame, `seconds` long, on.
  void Predict(double seconds);
  void Update(const Observation& observation);
  //! For tracks that are lost (XyahFilter::StopGrowing).
  void StopGrowing();

  //! The filter's box; on the floor, where there is none, that of the last observation.
  Box box() const;
  Place place() const;
  //! Where it was last seen.
  const Observation& last() const { return last_; }
  double seconds_unseen() const { return unseen_s_; }
  //! Squared Mahalanobis distance over the 95 % quantile of its distribution: up to 1 is within the
  //! gate.
  double GateRatio(const Observation& observation) const;
  bool IsFinite() const;

 private:
  Model model_;
  std::variant<SortFilter, XyahFilter, FloorFilter> filter_;
  std::optional<SortFilter> box_filter_;  // beside a FloorFilter, which knows no boxes
  Observation last_;
  double max_speed_;
  double unseen_s_ = 0;
};

}  // namespace tenjo
