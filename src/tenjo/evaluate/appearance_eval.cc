#include "tenjo/evaluate/appearance_eval.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <map>
#include <numeric>
#include <utility>

#include "tenjo/base/error.h"
#include "tenjo/base/text.h"
#include "tenjo/evaluate/html.h"
#include "tenjo/evaluate/mapped_file.h"

namespace tenjo {
namespace {

constexpr std::size_t kRanks = 50;
constexpr std::size_t kMaxLength = 65536;

class EmbeddingParser {
 public:
  EmbeddingParser(std::string_view text, std::string name) : text_(text), name_(std::move(name)) {}

  EmbeddingSet Parse() {
    while (!text_.empty()) {
      ++line_;
      const std::string_view line = Trim(NextLine());
      if (line.empty() || line.front() == '#' || (set_.crops.empty() && IsWords(line))) {
        continue;
      }
      ParseLine(line);
    }
    if (set_.crops.empty()) {
      throw Error(fmt::format("{}: there are no embeddings in it", name_));
    }
    return std::move(set_);
  }

 private:
  [[noreturn]] void Fail(const std::string& what) const {
    throw Error(fmt::format("{}, line {}: {}", name_, line_, what));
  }

  std::string_view NextLine() {
    const auto end = text_.find('\n');
    const std::string_view line = text_.substr(0, end);
    text_.remove_prefix(end == std::string_view::npos ? text_.size() : end + 1);
    return line;
  }

  //! A line of titles.
  static bool IsWords(std::string_view line) {
    return std::isalpha(static_cast<unsigned char>(line.front())) != 0 &&
           !line.starts_with("nan") && !line.starts_with("inf");
  }

  void ParseLine(std::string_view line) {
    const auto next = [&](const char* what) {
      const auto end = line.find(',');
      const std::string_view cell = Trim(line.substr(0, end));
      if (end == std::string_view::npos) {
        Fail(fmt::format("an embedding must follow the {}: identity,camera,x1,...,xN", what));
      }
      const auto value = ParseInt(cell);
      if (!value) {
        Fail(fmt::format("the {} must be a whole number", what));
      }
      line.remove_prefix(end + 1);
      return static_cast<std::int64_t>(*value);
    };
    EmbeddingSet::Crop crop;
    crop.identity = next("identity");
    crop.camera = next("camera");
    const std::size_t before = set_.numbers.size();
    const char* at = line.data();
    const char* end = line.data() + line.size();
    while (true) {
      while (at < end && *at == ' ') {
        ++at;
      }
      float value = 0;
      const auto [stop, error] = std::from_chars(at, end, value);
      if (error != std::errc() || !std::isfinite(value)) {
        Fail(fmt::format("number {} of the embedding is no finite number",
                         set_.numbers.size() - before + 1));
      }
      set_.numbers.push_back(value);
      at = stop;
      while (at < end && *at == ' ') {
        ++at;
      }
      if (at == end) {
        break;
      }
      if (*at++ != ',') {
        Fail("commas must stand between the numbers of an embedding");
      }
    }
    const std::size_t length = set_.numbers.size() - before;
    if (set_.length == 0) {
      set_.length = length;
    }
    if (length != set_.length || length > kMaxLength) {
      Fail(fmt::format("the embedding has {} numbers and must have {} as the others (at most {})",
                       length, set_.length, kMaxLength));
    }
    set_.crops.push_back(crop);
  }

  std::string_view text_;
  std::string name_;
  std::size_t line_ = 0;
  EmbeddingSet set_;
};

//! Sums of products in four lanes, in double.
double Dot(const float* a, const float* b, std::size_t length) {
  double lanes[4] = {0, 0, 0, 0};
  std::size_t i = 0;
  for (; i + 4 <= length; i += 4) {
    for (std::size_t k = 0; k < 4; ++k) {
      lanes[k] += static_cast<double>(a[i + k]) * static_cast<double>(b[i + k]);
    }
  }
  for (; i < length; ++i) {
    lanes[0] += static_cast<double>(a[i]) * static_cast<double>(b[i]);
  }
  return (lanes[0] + lanes[1]) + (lanes[2] + lanes[3]);
}

double SquaredDistance(const float* a, const float* b, std::size_t length) {
  double lanes[4] = {0, 0, 0, 0};
  std::size_t i = 0;
  for (; i + 4 <= length; i += 4) {
    for (std::size_t k = 0; k < 4; ++k) {
      const double d = static_cast<double>(a[i + k]) - static_cast<double>(b[i + k]);
      lanes[k] += d * d;
    }
  }
  for (; i < length; ++i) {
    const double d = static_cast<double>(a[i]) - static_cast<double>(b[i]);
    lanes[0] += d * d;
  }
  return (lanes[0] + lanes[1]) + (lanes[2] + lanes[3]);
}

//! Takes one query's answers, nearest first: true for right ones.
class RetrievalCounter {
 public:
  void Begin() {
    seen_ = 0;
    right_ = 0;
    ap_ = 0;
    trapezoid_ = 0;
    before_ = 1;
  }
  void Answer(bool right) {
    ++seen_;
    if (!right) {
      before_ = static_cast<double>(right_) / static_cast<double>(seen_);
      return;
    }
    ++right_;
    const double precision = static_cast<double>(right_) / static_cast<double>(seen_);
    ap_ += precision;
    trapezoid_ += (before_ + precision) / 2;
    before_ = precision;
    if (right_ == 1 && seen_ <= kRanks) {
      hits_[seen_ - 1] += 1;
    }
  }
  void End() {
    if (right_ == 0) {
      ++left_out_;
      return;
    }
    ++queries_;
    sum_ += ap_ / static_cast<double>(right_);
    trapezoid_sum_ += trapezoid_ / static_cast<double>(right_);
  }
  RetrievalScores Scores() const {
    RetrievalScores scores;
    scores.queries = queries_;
    scores.left_out = left_out_;
    const auto all = static_cast<double>(std::max<std::size_t>(queries_, 1));
    double reached = 0;
    for (const double hits : hits_) {
      reached += hits;
      scores.cmc.push_back(reached / all);
    }
    scores.mean_ap = sum_ / all;
    scores.mean_ap_trapezoid = trapezoid_sum_ / all;
    return scores;
  }

 private:
  std::vector<double> hits_ = std::vector<double>(kRanks, 0);
  std::size_t queries_ = 0;
  std::size_t left_out_ = 0;
  double sum_ = 0;
  double trapezoid_sum_ = 0;
  std::size_t seen_ = 0;
  std::size_t right_ = 0;
  double ap_ = 0;
  double trapezoid_ = 0;
  double before_ = 1;
};

void CheckDirections(const EmbeddingSet& set) {
  for (std::size_t i = 0; i < set.crops.size(); ++i) {
    const float* numbers = set.numbers.data() + i * set.length;
    if (!(Dot(numbers, numbers, set.length) > 0)) {
      throw Error(fmt::format("embedding {} is 0 and has no cosine to others", i + 1));
    }
  }
}

std::string Percent(double share) { return fmt::format("{:.2f}", 100 * share); }

std::vector<std::string> ScoreCells(const std::string& name, const RetrievalScores& s) {
  return {name,
          Percent(s.Rank(1)),
          Percent(s.Rank(5)),
          Percent(s.Rank(10)),
          Percent(s.mean_ap),
          Percent(s.mean_ap_trapezoid),
          std::to_string(s.queries),
          std::to_string(s.left_out)};
}

std::string ScoresJson(const RetrievalScores& s) {
  std::string cmc;
  for (const double share : s.cmc) {
    cmc += (cmc.empty() ? "" : ",") + JsonNumber(share);
  }
  return fmt::format(
      R"({{"rank1":{},"rank5":{},"mAP":{},"mAP_trapezoid":{},"queries":{},"left_out":{},"cmc":[{}]}})",
      s.Rank(1), s.Rank(5), s.mean_ap, s.mean_ap_trapezoid, s.queries, s.left_out, cmc);
}

}  // namespace

EmbeddingSet ParseEmbeddings(std::string_view text, const std::string& name) {
  return EmbeddingParser(text, name).Parse();
}

EmbeddingSet ReadEmbeddingSet(const std::filesystem::path& path) {
  const MappedFile file(path);
  return ParseEmbeddings(file.text(), path.string());
}

AppearanceEvaluation EvaluateAppearance(const EmbeddingSet& queries,
                                        const std::optional<EmbeddingSet>& gallery,
                                        EmbeddingDistance distance) {
  const EmbeddingSet& others = gallery ? *gallery : queries;
  const std::size_t length = queries.length;
  if (others.length != length) {
    throw Error(fmt::format("embeddings of the queries have {} numbers, those of the gallery {}",
                            length, others.length));
  }
  std::vector<double> norms(others.crops.size(), 1);
  if (distance == EmbeddingDistance::kCosine) {
    CheckDirections(queries);
    CheckDirections(others);
    for (std::size_t i = 0; i < norms.size(); ++i) {
      const float* numbers = others.numbers.data() + i * length;
      norms[i] = std::sqrt(Dot(numbers, numbers, length));
    }
  }
  RetrievalCounter across;
  RetrievalCounter within;
  std::map<std::pair<std::int64_t, std::int64_t>, RetrievalCounter> pairs;
  std::map<std::int64_t, RetrievalCounter*> by_camera;
  std::vector<double> far(others.crops.size());
  std::vector<std::uint32_t> order(others.crops.size());
  for (std::size_t q = 0; q < queries.crops.size(); ++q) {
    const EmbeddingSet::Crop& query = queries.crops[q];
    if (query.identity < 0) {
      continue;
    }
    const float* numbers = queries.numbers.data() + q * length;
    for (std::size_t i = 0; i < far.size(); ++i) {
      const float* other = others.numbers.data() + i * length;
      far[i] = distance == EmbeddingDistance::kCosine ? -Dot(numbers, other, length) / norms[i]
                                                      : SquaredDistance(numbers, other, length);
    }
    std::iota(order.begin(), order.end(), 0U);
    std::stable_sort(order.begin(), order.end(),
                     [&](std::uint32_t a, std::uint32_t b) { return far[a] < far[b]; });
    by_camera.clear();
    for (const EmbeddingSet::Crop& crop : others.crops) {
      if (by_camera.try_emplace(crop.camera, nullptr).second) {
        RetrievalCounter& counter = pairs[{query.camera, crop.camera}];
        counter.Begin();
        by_camera[crop.camera] = &counter;
      }
    }
    across.Begin();
    within.Begin();
    for (const std::uint32_t i : order) {
      const EmbeddingSet::Crop& crop = others.crops[i];
      if (crop.identity < 0 || (!gallery && i == q)) {
        continue;
      }
      const bool same = crop.identity == query.identity;
      const bool here = crop.camera == query.camera;
      if (!(same && here)) {
        across.Answer(same);
      }
      if (here) {
        within.Answer(same);
      }
      by_camera[crop.camera]->Answer(same);
    }
    across.End();
    within.End();
    for (const auto& [camera, counter] : by_camera) {
      counter->End();
    }
  }
  AppearanceEvaluation evaluation;
  evaluation.across = across.Scores();
  evaluation.within = within.Scores();
  for (const auto& [cameras, counter] : pairs) {
    evaluation.pairs.push_back({cameras.first, cameras.second, counter.Scores()});
  }
  return evaluation;
}

std::string AppearanceTables(const AppearanceEvaluation& evaluation) {
  const std::vector<std::string> head = {"",    "rank-1",          "rank-5",  "rank-10",
                                         "mAP", "mAP (trapezoid)", "queries", "without match"};
  std::string out = TextTable(head, {ScoreCells("across cameras", evaluation.across),
                                     ScoreCells("within a camera", evaluation.within)});
  std::vector<std::vector<std::string>> rows;
  for (const CameraPair& pair : evaluation.pairs) {
    if (pair.scores.queries > 0) {
      rows.push_back(ScoreCells(fmt::format("camera {} to {}", pair.from, pair.to), pair.scores));
    }
  }
  return out + "\n" + TextTable(head, rows);
}

std::string AppearanceToJson(const AppearanceEvaluation& evaluation) {
  std::string out = fmt::format(
      "{{\"format\":\"tenjo eval appearance 1\",\n\"across\":{},\n\"within\":{},\n\"pairs\":[",
      ScoresJson(evaluation.across), ScoresJson(evaluation.within));
  bool first = true;
  for (const CameraPair& pair : evaluation.pairs) {
    out += fmt::format("{}{{\"from\":{},\"to\":{},\"scores\":{}}}", first ? "" : ",\n", pair.from,
                       pair.to, ScoresJson(pair.scores));
    first = false;
  }
  return out + "]}\n";
}

}  // namespace tenjo
