#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "tenjo/evaluate/track_data.h"

namespace tenjo {

//! Scores of tracking as TrackEval 1.3.0 computes them, degenerate cases included: HOTA (Luiten et
//! al., "HOTA: A Higher Order Metric for Evaluating Multi-object Tracking", 2020), CLEAR-MOT
//! (Bernardin and Stiefelhagen 2008), identity (Ristani et al. 2016).

inline constexpr std::size_t kNumAlphas = 19;  //!< 0.05, 0.10, ... 0.95
using AlphaArray = std::array<double, kNumAlphas>;

struct HotaScores {
  AlphaArray tp = {};
  AlphaArray fn = {};
  AlphaArray fp = {};
  AlphaArray hota = {};
  AlphaArray det_a = {};
  AlphaArray ass_a = {};
  AlphaArray det_re = {};
  AlphaArray det_pr = {};
  AlphaArray ass_re = {};
  AlphaArray ass_pr = {};
  AlphaArray loc_a = {};
  AlphaArray owta = {};
  double hota0 = 0;
  double loc_a0 = 0;
  double hota_loc_a0 = 0;
};

struct ClearScores {
  double tp = 0;
  double fn = 0;
  double fp = 0;
  double id_switches = 0;
  double mostly_tracked = 0;
  double partly_tracked = 0;
  double mostly_lost = 0;
  double fragmentations = 0;
  double frames = 0;
  double motp_sum = 0;
  double mota = 0;
  double motp = 0;
  double moda = 0;
  double recall = 0;
  double precision = 0;
  double mt_ratio = 0;
  double pt_ratio = 0;
  double ml_ratio = 0;
  double smota = 0;
  double f1 = 0;
  double fp_per_frame = 0;
  double motal = 0;
};

struct IdentityScores {
  double tp = 0;
  double fn = 0;
  double fp = 0;
  double f1 = 0;
  double recall = 0;
  double precision = 0;
};

struct TrackScores {
  std::string name;
  HotaScores hota;
  ClearScores clear;
  IdentityScores identity;
  std::int64_t frames = 0;
  std::int64_t boxes = 0;
  std::int64_t truth_boxes = 0;
  std::int64_t ids = 0;
  std::int64_t truth_ids = 0;
};

//! A person who was followed under one id and is from this frame on under another.
struct IdSwitch {
  std::int64_t frame = 0;
  std::int64_t truth_id = 0;
  std::int64_t last_frame = 0;  //!< in which the old id was on the person
  std::int64_t old_id = 0;
  std::int64_t new_id = 0;
};

//! Frames in a row in which a person was followed under one id.
struct TrackRun {
  std::int64_t truth_id = 0;
  std::int64_t id = -1;  //!< -1: not found
  std::int64_t first = 0;
  std::int64_t last = 0;
};

struct SequenceEvaluation {
  TrackScores scores;
  std::vector<IdSwitch> switches;  //!< by frame
  std::vector<TrackRun> runs;      //!< by person, then by frame
};

//! Throws Error for an id below 0, and for classes that the benchmark does not have.
SequenceEvaluation EvaluateTracks(const TrackSequence& sequence, MotBenchmark benchmark);
//! Over all sequences, as TrackEval's COMBINED_SEQ.
TrackScores CombineTracks(const std::vector<SequenceEvaluation>& sequences);

//! Mean over alphas, as the tables have it.
double Mean(const AlphaArray& values);

//! Every score by TrackEval's name, those by alpha as arrays, as a JSON object.
std::string TrackScoresToJson(const TrackScores& scores);
std::string TracksToJson(const std::vector<SequenceEvaluation>& sequences,
                         const TrackScores& combined);
std::string TrackTables(const std::vector<SequenceEvaluation>& sequences,
                        const TrackScores& combined);

struct TrackHtmlOptions {
  std::filesystem::path images;    //!< empty: boxes on grey
  std::size_t most_switches = 60;  //!< drawn; all are listed
  std::string title = "tenjo eval track";
};
std::string TracksToHtml(const std::vector<TrackSequence>& sequences,
                         const std::vector<SequenceEvaluation>& evaluations,
                         const TrackScores& combined, const TrackHtmlOptions& options);

}  // namespace tenjo
