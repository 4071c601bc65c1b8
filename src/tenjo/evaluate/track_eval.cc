#include "tenjo/evaluate/track_eval.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <unordered_map>

#include "tenjo/base/error.h"
#include "tenjo/evaluate/linear_assignment.h"
#include "tenjo/evaluate/pairwise_sum.h"

namespace tenjo {
namespace {

constexpr double kEpsilon = std::numeric_limits<double>::epsilon();
constexpr double kThreshold = 0.5;
constexpr int kPedestrian = 1;
constexpr int kLastClass = 13;
constexpr int kNone = -1;

//! A frame after preprocessing: who is asked for, who is found, and their IoU [truth][track].
struct FrameBoxes {
  std::int64_t frame = 0;
  std::vector<int> truth;   // places among the sequence's ids
  std::vector<int> tracks;  // the same
  std::vector<double> similarity;
};

struct Prepared {
  std::vector<FrameBoxes> frames;  // those with a box
  std::vector<std::int64_t> truth_ids;
  std::vector<std::int64_t> track_ids;
  std::int64_t truth_boxes = 0;
  std::int64_t track_boxes = 0;
};

double Similarity(const TrackRow& a, const TrackRow& b) {
  const double a_right = a.x + a.w;
  const double a_bottom = a.y + a.h;
  const double b_right = b.x + b.w;
  const double b_bottom = b.y + b.h;
  const double w = std::max(std::min(a_right, b_right) - std::max(a.x, b.x), 0.0);
  const double h = std::max(std::min(a_bottom, b_bottom) - std::max(a.y, b.y), 0.0);
  const double overlap = w * h;
  const double a_area = (a_right - a.x) * (a_bottom - a.y);
  const double b_area = (b_right - b.x) * (b_bottom - b.y);
  const double both = a_area + b_area - overlap;
  if (a_area <= kEpsilon || b_area <= kEpsilon || both <= kEpsilon) {
    return 0;
  }
  return overlap / both;
}

bool IsDistractor(int kind, MotBenchmark benchmark) {
  // Person on a vehicle, static person, distractor, reflection; vehicles that nobody drives.
  return kind == 2 || kind == 7 || kind == 8 || kind == 12 ||
         (benchmark == MotBenchmark::kMot20 && kind == 6);
}

//! Places of numbers among those that were asked for, in the numbers' order.
class Numbering {
 public:
  int Add(std::int64_t id) {
    const auto [place, is_new] = places_.try_emplace(id, static_cast<int>(ids_.size()));
    if (is_new) {
      ids_.push_back(id);
    }
    return place->second;
  }
  //! The numbers in rising order; `place_of` becomes their places by the order of Add.
  std::vector<std::int64_t> Sorted(std::vector<int>& place_of) const {
    std::vector<std::int64_t> sorted = ids_;
    std::sort(sorted.begin(), sorted.end());
    place_of.resize(ids_.size());
    for (std::size_t i = 0; i < ids_.size(); ++i) {
      place_of[i] = static_cast<int>(std::lower_bound(sorted.begin(), sorted.end(), ids_[i]) -
                                     sorted.begin());
    }
    return sorted;
  }

 private:
  std::unordered_map<std::int64_t, int> places_;
  std::vector<std::int64_t> ids_;
};

class Preprocessor {
 public:
  Preprocessor(const TrackSequence& sequence, MotBenchmark benchmark)
      : sequence_(sequence), benchmark_(benchmark) {}

  Prepared Run() {
    std::size_t truth = 0;
    std::size_t track = 0;
    const auto& gt = sequence_.truth;
    const auto& dt = sequence_.tracks;
    while (truth < gt.size() || track < dt.size()) {
      const std::int64_t frame =
          std::min(truth < gt.size() ? gt[truth].frame : std::numeric_limits<std::int64_t>::max(),
                   track < dt.size() ? dt[track].frame : std::numeric_limits<std::int64_t>::max());
      const std::size_t truth_begin = truth;
      const std::size_t track_begin = track;
      while (truth < gt.size() && gt[truth].frame == frame) {
        ++truth;
      }
      while (track < dt.size() && dt[track].frame == frame) {
        ++track;
      }
      AddFrame({gt.data() + truth_begin, truth - truth_begin},
               {dt.data() + track_begin, track - track_begin}, frame);
    }
    Renumber();
    return std::move(prepared_);
  }

 private:
  void AddFrame(std::span<const TrackRow> truth, std::span<const TrackRow> tracks,
                std::int64_t frame) {
    similarity_.resize(truth.size() * tracks.size());
    for (std::size_t g = 0; g < truth.size(); ++g) {
      for (std::size_t d = 0; d < tracks.size(); ++d) {
        similarity_[g * tracks.size() + d] = Similarity(truth[g], tracks[d]);
      }
    }
    removed_.assign(tracks.size(), 0);
    const bool classes = benchmark_ != MotBenchmark::kMot15;
    if (classes && !truth.empty() && !tracks.empty()) {
      RemoveDistracted(truth, tracks.size(), frame);
    }
    FrameBoxes boxes;
    boxes.frame = frame;
    for (std::size_t g = 0; g < truth.size(); ++g) {
      if (!truth[g].counts || (classes && truth[g].kind != kPedestrian)) {
        continue;
      }
      boxes.truth.push_back(truth_numbers_.Add(truth[g].id));
      for (std::size_t d = 0; d < tracks.size(); ++d) {
        if (removed_[d] == 0) {
          boxes.similarity.push_back(similarity_[g * tracks.size() + d]);
        }
      }
    }
    for (std::size_t d = 0; d < tracks.size(); ++d) {
      if (removed_[d] == 0) {
        boxes.tracks.push_back(track_numbers_.Add(tracks[d].id));
      }
    }
    prepared_.truth_boxes += static_cast<std::int64_t>(boxes.truth.size());
    prepared_.track_boxes += static_cast<std::int64_t>(boxes.tracks.size());
    if (!boxes.truth.empty() || !boxes.tracks.empty()) {
      prepared_.frames.push_back(std::move(boxes));
    }
  }

  //! Tracks on what looks like a person but is none are neither right nor wrong.
  void RemoveDistracted(std::span<const TrackRow> truth, std::size_t tracks, std::int64_t frame) {
    for (const TrackRow& row : truth) {
      if (row.kind < 1 || row.kind > kLastClass) {
        throw Error(fmt::format(
            "sequence {}, frame {}: the truth has class {}, and classes are 1 to {}; MOT15 has "
            "none (--benchmark mot15)",
            sequence_.name, frame, row.kind, kLastClass));
      }
    }
    matching_ = similarity_;
    for (double& score : matching_) {
      score = score < kThreshold - kEpsilon ? 0 : score;
    }
    for (const auto& [g, d] : assignment_.Maximise(matching_, truth.size(), tracks)) {
      const auto row = static_cast<std::size_t>(g);
      const auto column = static_cast<std::size_t>(d);
      if (matching_[row * tracks + column] > kEpsilon &&
          IsDistractor(truth[row].kind, benchmark_)) {
        removed_[column] = 1;
      }
    }
  }

  void Renumber() {
    std::vector<int> truth_places;
    std::vector<int> track_places;
    prepared_.truth_ids = truth_numbers_.Sorted(truth_places);
    prepared_.track_ids = track_numbers_.Sorted(track_places);
    for (FrameBoxes& boxes : prepared_.frames) {
      for (int& id : boxes.truth) {
        id = truth_places[static_cast<std::size_t>(id)];
      }
      for (int& id : boxes.tracks) {
        id = track_places[static_cast<std::size_t>(id)];
      }
    }
  }

  const TrackSequence& sequence_;
  MotBenchmark benchmark_;
  Prepared prepared_;
  Numbering truth_numbers_;
  Numbering track_numbers_;
  LinearAssignment assignment_;
  std::vector<double> similarity_;
  std::vector<double> matching_;
  std::vector<char> removed_;
};

double Alpha(std::size_t a) {
  // numpy's arange(0.05, 0.99, 0.05): start + a * (second - start).
  constexpr double kStart = 0.05;
  return kStart + static_cast<double>(a) * ((kStart + 0.05) - kStart);
}

void FinishHota(HotaScores& s) {
  for (std::size_t a = 0; a < kNumAlphas; ++a) {
    s.det_re[a] = s.tp[a] / std::max(1.0, s.tp[a] + s.fn[a]);
    s.det_pr[a] = s.tp[a] / std::max(1.0, s.tp[a] + s.fp[a]);
    s.det_a[a] = s.tp[a] / std::max(1.0, s.tp[a] + s.fn[a] + s.fp[a]);
    s.hota[a] = std::sqrt(s.det_a[a] * s.ass_a[a]);
    s.owta[a] = std::sqrt(s.det_re[a] * s.ass_a[a]);
  }
  s.hota0 = s.hota[0];
  s.loc_a0 = s.loc_a[0];
  s.hota_loc_a0 = s.hota0 * s.loc_a0;
}

class HotaCounter {
 public:
  explicit HotaCounter(const Prepared& data)
      : data_(data),
        tracks_(data.track_ids.size()),
        potential_(data.truth_ids.size() * tracks_, 0),
        truth_count_(data.truth_ids.size(), 0),
        track_count_(tracks_, 0) {}

  HotaScores Score() {
    for (const FrameBoxes& boxes : data_.frames) {
      CountPotential(boxes);
    }
    pair_of_.assign(potential_.size(), kNone);
    HotaScores scores;
    for (const FrameBoxes& boxes : data_.frames) {
      MatchFrame(boxes, scores);
    }
    Associate(scores);
    for (std::size_t a = 0; a < kNumAlphas; ++a) {
      scores.loc_a[a] = std::max(1e-10, scores.loc_a[a]) / std::max(1e-10, scores.tp[a]);
    }
    FinishHota(scores);
    return scores;
  }

 private:
  std::size_t Cell(int truth, int track) const {
    return static_cast<std::size_t>(truth) * tracks_ + static_cast<std::size_t>(track);
  }

  void CountPotential(const FrameBoxes& boxes) {
    const std::size_t columns = boxes.tracks.size();
    column_sum_.assign(columns, 0);
    for (std::size_t g = 0; g < boxes.truth.size(); ++g) {
      for (std::size_t d = 0; d < columns; ++d) {
        column_sum_[d] += boxes.similarity[g * columns + d];
      }
    }
    for (std::size_t g = 0; g < boxes.truth.size(); ++g) {
      const std::span<const double> row(boxes.similarity.data() + g * columns, columns);
      const double row_sum = PairwiseSum(row);
      for (std::size_t d = 0; d < columns; ++d) {
        const double all = column_sum_[d] + row_sum - row[d];
        if (all > kEpsilon) {
          potential_[Cell(boxes.truth[g], boxes.tracks[d])] += row[d] / all;
        }
      }
    }
    for (const int id : boxes.truth) {
      ++truth_count_[static_cast<std::size_t>(id)];
    }
    for (const int id : boxes.tracks) {
      ++track_count_[static_cast<std::size_t>(id)];
    }
  }

  void MatchFrame(const FrameBoxes& boxes, HotaScores& scores) {
    const std::size_t columns = boxes.tracks.size();
    gains_.resize(boxes.similarity.size());
    for (std::size_t g = 0; g < boxes.truth.size(); ++g) {
      for (std::size_t d = 0; d < columns; ++d) {
        const double potential = potential_[Cell(boxes.truth[g], boxes.tracks[d])];
        const double alignment =
            potential / (truth_count_[static_cast<std::size_t>(boxes.truth[g])] +
                         track_count_[static_cast<std::size_t>(boxes.tracks[d])] - potential);
        gains_[g * columns + d] = alignment * boxes.similarity[g * columns + d];
      }
    }
    AlphaArray matched = {};
    for (const auto& [g, d] : assignment_.Maximise(gains_, boxes.truth.size(), columns)) {
      const auto row = static_cast<std::size_t>(g);
      const auto column = static_cast<std::size_t>(d);
      const double similarity = boxes.similarity[row * columns + column];
      std::size_t reached = 0;
      while (reached < kNumAlphas && similarity >= Alpha(reached) - kEpsilon) {
        matched[reached] += 1;
        scores.loc_a[reached] += similarity;
        ++reached;
      }
      if (reached > 0) {
        CountPair(boxes.truth[row], boxes.tracks[column], reached);
      }
    }
    for (std::size_t a = 0; a < kNumAlphas; ++a) {
      scores.tp[a] += matched[a];
      scores.fn[a] += static_cast<double>(boxes.truth.size()) - matched[a];
      scores.fp[a] += static_cast<double>(columns) - matched[a];
    }
  }

  void CountPair(int truth, int track, std::size_t reached) {
    int& pair = pair_of_[Cell(truth, track)];
    if (pair == kNone) {
      pair = static_cast<int>(pairs_.size());
      pairs_.push_back({truth, track, {}});
    }
    AlphaArray& counts = pairs_[static_cast<std::size_t>(pair)].counts;
    for (std::size_t a = 0; a < reached; ++a) {
      counts[a] += 1;
    }
  }

  void Associate(HotaScores& scores) const {
    for (const Pair& pair : pairs_) {
      const double truth = truth_count_[static_cast<std::size_t>(pair.truth)];
      const double track = track_count_[static_cast<std::size_t>(pair.track)];
      for (std::size_t a = 0; a < kNumAlphas; ++a) {
        const double count = pair.counts[a];
        scores.ass_a[a] += count * (count / std::max(1.0, truth + track - count));
        scores.ass_re[a] += count * (count / std::max(1.0, truth));
        scores.ass_pr[a] += count * (count / std::max(1.0, track));
      }
    }
    for (std::size_t a = 0; a < kNumAlphas; ++a) {
      const double found = std::max(1.0, scores.tp[a]);
      scores.ass_a[a] /= found;
      scores.ass_re[a] /= found;
      scores.ass_pr[a] /= found;
    }
  }

  struct Pair {
    int truth;
    int track;
    AlphaArray counts;
  };
  const Prepared& data_;
  std::size_t tracks_;
  std::vector<double> potential_;  // [truth][track]
  std::vector<double> truth_count_;
  std::vector<double> track_count_;
  std::vector<int> pair_of_;
  std::vector<Pair> pairs_;
  std::vector<double> column_sum_;
  std::vector<double> gains_;
  LinearAssignment assignment_;
};

HotaScores ScoreHota(const Prepared& data) {
  HotaScores scores;
  if (data.truth_boxes > 0 && data.track_boxes > 0) {
    return HotaCounter(data).Score();
  }
  // TrackEval returns early here: everything else stays 0.
  scores.fn.fill(static_cast<double>(data.truth_boxes));
  scores.fp.fill(static_cast<double>(data.track_boxes));
  scores.loc_a.fill(1);
  scores.loc_a0 = 1;
  return scores;
}

void FinishClear(ClearScores& s) {
  const double people = std::max(1.0, s.mostly_tracked + s.mostly_lost + s.partly_tracked);
  const double asked = std::max(1.0, s.tp + s.fn);
  s.mt_ratio = s.mostly_tracked / people;
  s.ml_ratio = s.mostly_lost / people;
  s.pt_ratio = s.partly_tracked / people;
  s.recall = s.tp / asked;
  s.precision = s.tp / std::max(1.0, s.tp + s.fp);
  s.moda = (s.tp - s.fp) / asked;
  s.mota = (s.tp - s.fp - s.id_switches) / asked;
  s.motp = s.motp_sum / std::max(1.0, s.tp);
  s.smota = (s.motp_sum - s.fp - s.id_switches) / asked;
  s.f1 = s.tp / std::max(1.0, s.tp + 0.5 * s.fn + 0.5 * s.fp);
  s.fp_per_frame = s.fp / std::max(1.0, s.frames);
  const double log_switches = s.id_switches > 0 ? std::log10(s.id_switches) : 0;
  s.motal = (s.tp - s.fp - log_switches) / asked;
}

class ClearCounter {
 public:
  ClearCounter(const Prepared& data, SequenceEvaluation& evaluation)
      : data_(data), evaluation_(evaluation), people_(data.truth_ids.size()) {}

  ClearScores Score(std::int64_t frames) {
    for (const FrameBoxes& boxes : data_.frames) {
      AddFrame(boxes);
    }
    for (const Person& person : people_) {
      const double share = person.matched / person.there;
      scores_.mostly_tracked += share > 0.8 ? 1 : 0;
      scores_.partly_tracked += share >= 0.2 && share <= 0.8 ? 1 : 0;
      scores_.fragmentations += person.starts > 0 ? person.starts - 1 : 0;
    }
    scores_.mostly_lost =
        static_cast<double>(people_.size()) - scores_.mostly_tracked - scores_.partly_tracked;
    scores_.frames = static_cast<double>(frames);
    FinishClear(scores_);
    std::stable_sort(evaluation_.runs.begin(), evaluation_.runs.end(),
                     [](const TrackRun& a, const TrackRun& b) { return a.truth_id < b.truth_id; });
    return scores_;
  }

 private:
  struct Person {
    double there = 0;
    double matched = 0;
    double starts = 0;
    int last = kNone;      // track that was last on the person, however long ago
    int previous = kNone;  // track in the frame before (of those with truth and tracks)
    std::int64_t last_frame = 0;
    int run = kNone;
  };

  void AddFrame(const FrameBoxes& boxes) {
    const std::size_t columns = boxes.tracks.size();
    if (boxes.truth.empty() || boxes.tracks.empty()) {
      scores_.fp += static_cast<double>(columns);
      scores_.fn += static_cast<double>(boxes.truth.size());
      for (const int id : boxes.truth) {
        people_[static_cast<std::size_t>(id)].there += 1;
        AddRun(boxes.frame, id, kNone);
      }
      return;
    }
    gains_.resize(boxes.similarity.size());
    for (std::size_t g = 0; g < boxes.truth.size(); ++g) {
      const Person& person = people_[static_cast<std::size_t>(boxes.truth[g])];
      for (std::size_t d = 0; d < columns; ++d) {
        const double similarity = boxes.similarity[g * columns + d];
        const double same = boxes.tracks[d] == person.previous ? 1000 : 0;
        gains_[g * columns + d] = similarity < kThreshold - kEpsilon ? 0 : same + similarity;
      }
    }
    current_.assign(boxes.truth.size(), kNone);
    double matches = 0;
    for (const auto& [g, d] : assignment_.Maximise(gains_, boxes.truth.size(), columns)) {
      const auto row = static_cast<std::size_t>(g);
      const auto column = static_cast<std::size_t>(d);
      if (gains_[row * columns + column] > kEpsilon) {
        current_[row] = boxes.tracks[column];
        scores_.motp_sum += boxes.similarity[row * columns + column];
        matches += 1;
      }
    }
    scores_.tp += matches;
    scores_.fn += static_cast<double>(boxes.truth.size()) - matches;
    scores_.fp += static_cast<double>(columns) - matches;
    Update(boxes);
  }

  void Update(const FrameBoxes& boxes) {
    // Who is not in this frame was not followed in it.
    was_followed_.clear();
    for (const int id : boxes.truth) {
      was_followed_.push_back(people_[static_cast<std::size_t>(id)].previous != kNone ? 1 : 0);
    }
    for (const int id : followed_) {
      people_[static_cast<std::size_t>(id)].previous = kNone;
    }
    followed_.clear();
    for (std::size_t g = 0; g < boxes.truth.size(); ++g) {
      Person& person = people_[static_cast<std::size_t>(boxes.truth[g])];
      const int track = current_[g];
      person.there += 1;
      AddRun(boxes.frame, boxes.truth[g], track);
      if (track == kNone) {
        continue;
      }
      person.matched += 1;
      if (person.last != kNone && person.last != track) {
        scores_.id_switches += 1;
        evaluation_.switches.push_back(
            {boxes.frame, data_.truth_ids[static_cast<std::size_t>(boxes.truth[g])],
             person.last_frame, data_.track_ids[static_cast<std::size_t>(person.last)],
             data_.track_ids[static_cast<std::size_t>(track)]});
      }
      person.starts += was_followed_[g] == 0 ? 1 : 0;
      person.last = track;
      person.last_frame = boxes.frame;
      person.previous = track;
      followed_.push_back(boxes.truth[g]);
    }
  }

  void AddRun(std::int64_t frame, int truth, int track) {
    Person& person = people_[static_cast<std::size_t>(truth)];
    const std::int64_t id = track == kNone ? -1 : data_.track_ids[static_cast<std::size_t>(track)];
    if (person.run != kNone) {
      TrackRun& run = evaluation_.runs[static_cast<std::size_t>(person.run)];
      if (run.id == id && run.last + 1 == frame) {
        run.last = frame;
        return;
      }
    }
    person.run = static_cast<int>(evaluation_.runs.size());
    evaluation_.runs.push_back(
        {data_.truth_ids[static_cast<std::size_t>(truth)], id, frame, frame});
  }

  const Prepared& data_;
  SequenceEvaluation& evaluation_;
  std::vector<Person> people_;
  ClearScores scores_;
  LinearAssignment assignment_;
  std::vector<double> gains_;
  std::vector<int> current_;
  std::vector<char> was_followed_;
  std::vector<int> followed_;
};

ClearScores ScoreClear(const Prepared& data, std::int64_t frames, SequenceEvaluation& evaluation) {
  ClearScores scores = ClearCounter(data, evaluation).Score(frames);
  if (data.truth_boxes > 0 && data.track_boxes > 0) {
    return scores;
  }
  // TrackEval returns early here: everything else stays 0.
  ClearScores early;
  early.ml_ratio = 1;
  if (data.track_boxes == 0) {
    early.fn = static_cast<double>(data.truth_boxes);
    early.mostly_lost = static_cast<double>(data.truth_ids.size());
  } else {
    early.fp = static_cast<double>(data.track_boxes);
  }
  return early;
}

void FinishIdentity(IdentityScores& s) {
  s.recall = s.tp / std::max(1.0, s.tp + s.fn);
  s.precision = s.tp / std::max(1.0, s.tp + s.fp);
  s.f1 = s.tp / std::max(1.0, s.tp + 0.5 * s.fp + 0.5 * s.fn);
}

//! Frames in which person and track overlap, as a list of pairs.
struct Overlap {
  int truth;
  int track;
  double frames;
};

std::vector<Overlap> CountOverlaps(const Prepared& data) {
  const std::size_t tracks = data.track_ids.size();
  std::vector<int> pair_of(data.truth_ids.size() * tracks, kNone);
  std::vector<Overlap> overlaps;
  for (const FrameBoxes& boxes : data.frames) {
    for (std::size_t i = 0; i < boxes.similarity.size(); ++i) {
      if (boxes.similarity[i] < kThreshold) {
        continue;
      }
      const int truth = boxes.truth[i / boxes.tracks.size()];
      const int track = boxes.tracks[i % boxes.tracks.size()];
      int& pair =
          pair_of[static_cast<std::size_t>(truth) * tracks + static_cast<std::size_t>(track)];
      if (pair == kNone) {
        pair = static_cast<int>(overlaps.size());
        overlaps.push_back({truth, track, 0});
      }
      overlaps[static_cast<std::size_t>(pair)].frames += 1;
    }
  }
  return overlaps;
}

//! The most frames that one-to-one pairs of people and tracks can share. People and tracks that
//! are not joined by overlaps do not touch each other: each joined group is solved alone.
double MostSharedFrames(const Prepared& data) {
  const std::vector<Overlap> overlaps = CountOverlaps(data);
  const std::size_t people = data.truth_ids.size();
  std::vector<int> root(people + data.track_ids.size());
  for (std::size_t i = 0; i < root.size(); ++i) {
    root[i] = static_cast<int>(i);
  }
  const auto find = [&](std::size_t i) {
    while (root[i] != static_cast<int>(i)) {
      root[i] = root[static_cast<std::size_t>(root[i])];
      i = static_cast<std::size_t>(root[i]);
    }
    return i;
  };
  for (const Overlap& o : overlaps) {
    root[find(static_cast<std::size_t>(o.truth))] =
        static_cast<int>(find(people + static_cast<std::size_t>(o.track)));
  }
  std::vector<std::vector<Overlap>> groups(root.size());
  for (const Overlap& o : overlaps) {
    groups[find(static_cast<std::size_t>(o.truth))].push_back(o);
  }
  double shared = 0;
  LinearAssignment assignment;
  std::vector<int> row_of(people, kNone);
  std::vector<int> column_of(data.track_ids.size(), kNone);
  for (const std::vector<Overlap>& group : groups) {
    int rows = 0;
    int columns = 0;
    for (const Overlap& o : group) {
      int& row = row_of[static_cast<std::size_t>(o.truth)];
      int& column = column_of[static_cast<std::size_t>(o.track)];
      row = row == kNone ? rows++ : row;
      column = column == kNone ? columns++ : column;
    }
    std::vector<double> gains(static_cast<std::size_t>(rows) * static_cast<std::size_t>(columns),
                              0);
    for (const Overlap& o : group) {
      const std::size_t row = static_cast<std::size_t>(row_of[static_cast<std::size_t>(o.truth)]);
      gains[row * static_cast<std::size_t>(columns) +
            static_cast<std::size_t>(column_of[static_cast<std::size_t>(o.track)])] = o.frames;
    }
    for (const auto& [row, column] : assignment.Maximise(gains, static_cast<std::size_t>(rows),
                                                         static_cast<std::size_t>(columns))) {
      shared += gains[static_cast<std::size_t>(row) * static_cast<std::size_t>(columns) +
                      static_cast<std::size_t>(column)];
    }
  }
  return shared;
}

IdentityScores ScoreIdentity(const Prepared& data) {
  IdentityScores scores;
  if (data.track_boxes == 0 || data.truth_boxes == 0) {
    scores.fn = static_cast<double>(data.track_boxes == 0 ? data.truth_boxes : 0);
    scores.fp = static_cast<double>(data.track_boxes);
    return scores;
  }
  scores.tp = MostSharedFrames(data);
  scores.fn = static_cast<double>(data.truth_boxes) - scores.tp;
  scores.fp = static_cast<double>(data.track_boxes) - scores.tp;
  FinishIdentity(scores);
  return scores;
}

}  // namespace

double Mean(const AlphaArray& values) {
  return PairwiseSum(values) / static_cast<double>(values.size());
}

SequenceEvaluation EvaluateTracks(const TrackSequence& sequence, MotBenchmark benchmark) {
  const Prepared data = Preprocessor(sequence, benchmark).Run();
  SequenceEvaluation evaluation;
  TrackScores& scores = evaluation.scores;
  scores.name = sequence.name;
  scores.hota = ScoreHota(data);
  scores.clear = ScoreClear(data, sequence.frames, evaluation);
  scores.identity = ScoreIdentity(data);
  scores.frames = sequence.frames;
  scores.boxes = data.track_boxes;
  scores.truth_boxes = data.truth_boxes;
  scores.ids = static_cast<std::int64_t>(data.track_ids.size());
  scores.truth_ids = static_cast<std::int64_t>(data.truth_ids.size());
  return evaluation;
}

TrackScores CombineTracks(const std::vector<SequenceEvaluation>& sequences) {
  TrackScores all;
  all.name = "all";
  HotaScores& hota = all.hota;
  ClearScores& clear = all.clear;
  for (const SequenceEvaluation& sequence : sequences) {
    const TrackScores& one = sequence.scores;
    for (std::size_t a = 0; a < kNumAlphas; ++a) {
      hota.tp[a] += one.hota.tp[a];
      hota.fn[a] += one.hota.fn[a];
      hota.fp[a] += one.hota.fp[a];
      hota.ass_a[a] += one.hota.ass_a[a] * one.hota.tp[a];
      hota.ass_re[a] += one.hota.ass_re[a] * one.hota.tp[a];
      hota.ass_pr[a] += one.hota.ass_pr[a] * one.hota.tp[a];
      hota.loc_a[a] += one.hota.loc_a[a] * one.hota.tp[a];
    }
    clear.tp += one.clear.tp;
    clear.fn += one.clear.fn;
    clear.fp += one.clear.fp;
    clear.id_switches += one.clear.id_switches;
    clear.mostly_tracked += one.clear.mostly_tracked;
    clear.partly_tracked += one.clear.partly_tracked;
    clear.mostly_lost += one.clear.mostly_lost;
    clear.fragmentations += one.clear.fragmentations;
    clear.frames += one.clear.frames;
    clear.motp_sum += one.clear.motp_sum;
    all.identity.tp += one.identity.tp;
    all.identity.fn += one.identity.fn;
    all.identity.fp += one.identity.fp;
    all.frames += one.frames;
    all.boxes += one.boxes;
    all.truth_boxes += one.truth_boxes;
    all.ids += one.ids;
    all.truth_ids += one.truth_ids;
  }
  for (std::size_t a = 0; a < kNumAlphas; ++a) {
    const double found = std::max(1.0, hota.tp[a]);
    hota.ass_a[a] /= found;
    hota.ass_re[a] /= found;
    hota.ass_pr[a] /= found;
    hota.loc_a[a] = std::max(1e-10, hota.loc_a[a]) / std::max(1e-10, hota.tp[a]);
  }
  FinishHota(hota);
  FinishClear(clear);
  FinishIdentity(all.identity);
  return all;
}

}  // namespace tenjo
