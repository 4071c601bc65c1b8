#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tenjo/base/latency.h"
#include "tenjo/infer/backend.h"
#include "tenjo/pose/decoder.h"
#include "tenjo/pose/person_decoder.h"
#include "tenjo/track/tracker.h"
#include "tenjo/video/source.h"
#include "tenjo/vision/embedding.h"
#include "tenjo/vision/frame.h"
#include "tenjo/vision/person.h"

namespace tenjo {

struct PipelineOptions {
  SourceOptions source;
  std::filesystem::path model;
  //! Its width and height are the network's input: both 0 for the network's own size; width 0 for
  //! the width that each image's aspect asks for.
  BackendOptions backend;
  PoseDecoderOptions decoder;
  PersonDecoderOptions person_decoder;    //!< of networks with person heads
  bool person_heads = true;               //!< false: as if the network had none
  std::optional<TrackerOptions> tracker;  //!< empty: people without ids
  //! Network that takes a second look at everybody (pipeline/person_refiner.h); empty: none.
  std::filesystem::path refine;
  bool third_look = true;  //!< and by which whoever it is certain of is looked at once more
  //! Network of looks for trackers that ask for embeddings, or, without a tracker, of everybody;
  //! empty: none.
  std::filesystem::path appearance;
  //! Lens and place, where known: says which way people stand in the picture.
  std::shared_ptr<const Camera> camera;
  std::int64_t max_frames = 0;  //!< 0: all
  //! Set by others to end the run soon (safe in a signal handler); set by the run when it ends
  //! early itself. Takes the place of source.stop.
  std::atomic<bool>* stop = nullptr;
};

//! What is known of one frame. People of a tracked source are reported from the frame at which
//! their track is confirmed.
struct FrameResult {
  Frame frame;
  std::vector<Person> people;
  //! What the tracker found out about frames before this one, by their Frame::number.
  std::vector<Correction> corrections = {};
  //! Found in a tracked source, but not (yet) taken for a track.
  std::vector<Person> unconfirmed = {};
  //! Of each of `people`, where there is a network of looks and no tracker; empty where it gave
  //! none that is finite.
  std::vector<Embedding> embeddings = {};
};

//! Where the time of a run went.
struct RunSummary {
  std::int64_t frames = 0;
  std::int64_t dropped = 0;     //!< live: frames that came while the machine was behind
  std::int64_t people = 0;      //!< sum over frames
  std::int64_t tracks = 0;      //!< different ids
  std::int64_t looks = 0;       //!< runs of the refining network
  std::int64_t embeddings = 0;  //!< runs of the appearance network
  std::int64_t corrections = 0;
  double seconds = 0;     //!< from the first frame read to the last result handed over
  double start_s = 0;     //!< from the call to the first result
  LatencyHistogram read;  //!< by stage: seconds of work a frame
  LatencyHistogram prepare;
  LatencyHistogram infer;  //!< from start to result, others in flight
  LatencyHistogram decode;
  LatencyHistogram refine;
  LatencyHistogram track;
  LatencyHistogram write;
  LatencyHistogram latency;  //!< from a frame's arrival to its result handed over
  std::string backend;       //!< as it describes itself
  std::string warning;       //!< what was wrong with the input, if anything
  bool stopped = false;      //!< by PipelineOptions::stop or the sink, before the end
};

//! Takes each result in order, in a thread of its own. Returns false to end the run.
using FrameSink = std::function<bool(FrameResult&)>;

//! A source, a network, a decoder and a tracker that work side by side, joined by bounded queues.
class Pipeline {
 public:
  //! Opens everything. Throws Error for wrong input.
  explicit Pipeline(const PipelineOptions& options);
  ~Pipeline();
  Pipeline(const Pipeline&) = delete;
  Pipeline& operator=(const Pipeline&) = delete;

  const SourceInfo& source() const;
  const ModelInfo& model() const;

  //! Runs to the source's end; once. A file loses no frame and keeps the order; of a live source
  //! the oldest waiting frame goes when the machine is behind. Results do not depend on threads. If
  //! the source fails half-way the results before it are handed over, then Error is thrown.
  RunSummary Run(const FrameSink& sink);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tenjo
