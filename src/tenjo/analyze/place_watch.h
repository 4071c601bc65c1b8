#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "tenjo/analyze/body_point.h"
#include "tenjo/analyze/event.h"
#include "tenjo/analyze/hysteresis.h"
#include "tenjo/analyze/place.h"
#include "tenjo/camera/camera.h"
#include "tenjo/vision/person.h"

namespace tenjo {

//! What one place knows of the tracks before its camera. Events come without camera and wall-clock
//! time; those of one track are in the order of their times.
class PlaceWatch {
 public:
  //! `lost_s`: a point that is unseen for longer has gone.
  static std::unique_ptr<PlaceWatch> Create(const Place& place, double lost_s);
  virtual ~PlaceWatch() = default;

  const Place& place() const { return place_; }
  //! Takes another shape; who is inside stays so until seen outside. The kind must be the same.
  virtual void SetPlace(const Place& place) = 0;

  //! One person of the frame; `camera` is null where there is no camera file.
  virtual void See(const Moment& now, const Person& person, const Camera* camera,
                   std::vector<Event>& events) = 0;
  //! After everyone of the frame: who is unseen for too long goes.
  virtual void Forget(const Moment& now, std::vector<Event>& events) = 0;
  //! Everyone goes at once.
  virtual void Close(const char* reason, std::vector<Event>& events) = 0;
  //! Track `from` turned out to be track `to`.
  virtual void Correct(std::int64_t from, std::int64_t to) = 0;
  //! Two tracks had each other's id.
  void Swap(std::int64_t a, std::int64_t b) {
    constexpr std::int64_t kNobody = -1;
    Correct(a, kNobody);
    Correct(b, a);
    Correct(kNobody, b);
  }
  //! Tracks that are inside, for sure.
  virtual std::vector<std::int64_t> Inside() const { return {}; }

 protected:
  explicit PlaceWatch(const Place& place) : place_(place) {}
  Event Make(EventType type, const Moment& when, std::int64_t track) const;
  //! In the place's units; empty if it is not seen.
  std::optional<Point2> Locate(const Person& person, BodyPoint point, const Camera* camera) const;

  Place place_;
};

}  // namespace tenjo
