#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tenjo/vision/box.h"
#include "tenjo/vision/embedding.h"

namespace tenjo {

struct Camera;

//! A pixel of a picture.
struct PixelPoint {
  double x = 0;
  double y = 0;
};

//! A person found in one frame, as far as a tracker needs to know.
struct Detection {
  Box box;
  double score = 1;
  //! Where the middle of the body is seen, if that is known better than by the middle of the box
  //! (of a rotated box, of hips); only association on the floor asks.
  std::optional<PixelPoint> middle = std::nullopt;
};

//! A confirmed track in the current frame.
struct TrackedBox {
  std::int64_t id =
      0;             //!< 1, 2, 3, … in the order of first report; never used again by the tracker
  Box box;           //!< of the track's filter after the update (docs/track.md)
  double score = 1;  //!< of the detection
  int detection = -1;  //!< index of the detection that the track took in this frame
};

//! What a tracker found out afterwards about frames it has answered. Frames count from 1, as many
//! as Update and Skip made; both ends belong to it.
struct Correction {
  enum class Kind {
    kSwap,   //!< id and other_id are to change places in these frames
    kMerge,  //!< other_id is to be read as id in these frames: they are one person
  };
  Kind kind = Kind::kSwap;
  std::int64_t id = 0;
  std::int64_t other_id = 0;
  std::int64_t first_frame = 0;
  std::int64_t last_frame = 0;  //!< the frame before the one that the tracker has just answered
};

//! Makes the embeddings of some of a frame's detections, given by their indices in rising order:
//! one each, of unit length or not; an empty one where none can be made.
using Embedder = std::function<std::vector<Embedding>(std::span<const int> detections)>;

struct TrackerFrame {
  std::span<const Detection> detections;
  //! Of the source. Without it, or where it does not grow, a frame is taken to last 1 / fps.
  std::optional<double> time_s = std::nullopt;
  //! Asked for no more embeddings than the tracker needs. Null: there are none.
  const Embedder* embedder = nullptr;
  //! Pixels of the image, where known: boxes are compared by what lies inside, as of somebody who
  //! leaves no more is seen, while a filter goes on with a whole body.
  int image_width = 0;
  int image_height = 0;
};

//! Below every score that is tracked.
inline constexpr double kAnyScore = -1e9;

//! Parameters by the names of each method's paper or reference implementation.
struct TrackerOptions {
  std::string tracker = "sort";

  int max_age = 1;   //!< frames in a row that a track lives through without a detection
  int min_hits = 3;  //!< sort, ocsort: detections in a row, after its first, that confirm a track
  double iou_threshold = 0.3;  //!< least IoU of a match; 0 matches even boxes that do not touch

  double track_thresh = 0.6;  //!< bytetrack: detections over it are matched first (paper: tau)
  double low_thresh = 0.1;    //!< bytetrack: those over it are matched second
  //! Detections from it on may begin a track (bytetrack: 0.7).
  double new_thresh = kAnyScore;
  double match_thresh = 0.9;  //!< bytetrack: greatest 1 - IoU x score of a first match
  int track_buffer = 30;      //!< bytetrack: frames that a lost track is kept

  double det_thresh = 0.6;  //!< ocsort: detections under it are left out
  int delta_t = 3;          //!< ocsort: frames over which a track's direction is measured
  double inertia = 0.2;     //!< ocsort: weight of the direction (paper: lambda)

  double min_confidence = 0.3;       //!< deepsort: detections under it are left out
  int n_init = 3;                    //!< deepsort: detections in a row that confirm a track
  int nn_budget = 100;               //!< embeddings kept of each track
  double max_cosine_distance = 0.2;  //!< deepsort, sort+appearance: of an embedding and a gallery
  double max_iou_distance = 0.7;     //!< deepsort: greatest 1 - IoU of the matching that is left
  double max_euclidean_distance = 0.6;  //!< appearance: of an embedding and a gallery

  //! Minutes for which people who left are known again if their embedding says so; 0: never.
  double remember_min = 0;
  //! Greatest cosine distance of somebody who comes back to what is remembered.
  double remember_distance = 0.2;

  //! Frames a second where frames carry no time.
  double fps = 30;
  //! Not null: association on the floor, in metres, as this camera sees it (docs/track.md).
  std::shared_ptr<const Camera> floor_camera = nullptr;
  double max_speed = 2.5;     //!< floor: metres a second that nobody here exceeds
  double floor_size_m = 1.0;  //!< floor: people this far apart do not touch; "IoU" in metres
};

//! The names that TrackerOptions::tracker may have.
std::span<const std::string_view> TrackerNames();
//! The options that the named tracker's paper or reference implementation has by default. Throws
//! Error for an unknown name.
TrackerOptions DefaultTrackerOptions(std::string_view tracker);
//! True if the tracker cannot do without an embedder.
bool NeedsEmbedder(const TrackerOptions& options);

//! Most that max_age and other numbers of frames may be.
inline constexpr int kMaxTrackerFrames = 1'000'000;

//! A detection is left out of tracking when a number of it is not finite or over 1e9 in size, or a
//! side of its box is under 1e-6 pixels.
bool IsTrackable(const Detection& detection);

//! Gives detections of consecutive frames of one camera their ids. All state is the object's own.
//! The answer does not depend on the order of the detections within a frame. Online: a frame's
//! answer depends on it and those before it.
class Tracker {
 public:
  //! Throws Error for an unknown tracker or impossible options.
  static std::unique_ptr<Tracker> Create(const TrackerOptions& options);
  virtual ~Tracker() = default;

  //! Takes the detections of the next frame (those that are not IsTrackable are left out) and
  //! returns the confirmed tracks that took one of them, by rising id. Throws Error where the
  //! tracker needs embeddings and gets none, or embeddings of different lengths. One with numbers
  //! that are not finite counts as none.
  virtual std::vector<TrackedBox> Track(const TrackerFrame& frame) = 0;
  std::vector<TrackedBox> Update(std::span<const Detection> detections) {
    return Track({.detections = detections});
  }

  //! The same as `frames` updates without detections, quick for any number of frames.
  virtual void Skip(std::int64_t frames) = 0;

  //! What was found out since the last call about frames answered before.
  virtual std::vector<Correction> TakeCorrections() { return {}; }
  //! Embeddings asked for so far.
  virtual std::int64_t num_embeddings() const { return 0; }
};

}  // namespace tenjo
