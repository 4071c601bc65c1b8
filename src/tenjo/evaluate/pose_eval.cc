#include "tenjo/evaluate/pose_eval.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace tenjo {
namespace {

constexpr double kFoundOks = 0.5;

struct Find {
  double score = 0;
  std::uint32_t image = 0;
  std::uint32_t result = 0;
  int person = -1;  // place in the truth's people; -1: a mistake
  double oks = 0;
};

bool IsAsked(const CocoPerson& person) {
  return !person.crowd && !person.ignore && person.num_keypoints > 0;
}

//! Every result that counts, and how many people are asked for in each image.
class FindCollector {
 public:
  FindCollector(const CocoTruth& truth, const std::vector<CocoResult>& results)
      : truth_(truth), results_(results) {
    rows.resize(truth.images.size());
  }

  void Add(std::size_t image, std::span<const std::uint32_t> people,
           std::span<const std::uint32_t> found, std::span<const double> likeness) {
    rows[image].image = image;
    image_truth_.clear();
    ignored_.clear();
    for (const std::uint32_t i : people) {
      const CocoPerson& person = truth_.people[i];
      const bool asked = IsAsked(person);
      rows[image].people += asked ? 1 : 0;
      image_truth_.push_back({person.id, person.area, !asked, person.crowd});
      ignored_.push_back(asked ? 0 : 1);
    }
    MatchResults(likeness, image_truth_, ignored_, kFoundOks, match_);
    match_.resize(found.size(), -1);
    for (std::size_t d = 0; d < found.size(); ++d) {
      Find find{results_[found[d]].score, static_cast<std::uint32_t>(image), found[d], -1, 0};
      if (match_[d] >= 0) {
        const auto g = static_cast<std::size_t>(match_[d]);
        if (ignored_[g] != 0) {
          continue;
        }
        find.person = static_cast<int>(people[g]);
        find.oks = likeness[d * people.size() + g];
      }
      finds.push_back(find);
    }
  }

  std::vector<PoseImageRow> rows;
  std::vector<Find> finds;

 private:
  const CocoTruth& truth_;
  const std::vector<CocoResult>& results_;
  std::vector<ApTruth> image_truth_;
  std::vector<char> ignored_;
  std::vector<int> match_;
};

//! The score from which on results give the best F1.
void ChooseScore(std::span<const Find> finds, PoseEvaluation& evaluation) {
  std::vector<std::pair<double, bool>> order;
  order.reserve(finds.size());
  for (const Find& find : finds) {
    order.emplace_back(find.score, find.person >= 0);
  }
  std::sort(order.begin(), order.end(), std::greater<>());
  double found = 0;
  const auto asked = static_cast<double>(evaluation.asked);
  for (std::size_t i = 0; i < order.size(); ++i) {
    found += order[i].second ? 1 : 0;
    if (i + 1 < order.size() && order[i + 1].first == order[i].first) {
      continue;
    }
    const double taken = static_cast<double>(i + 1);
    const double f1 = 2 * found / (taken + asked);
    if (f1 > evaluation.f1) {
      evaluation.f1 = f1;
      evaluation.score = order[i].first;
      evaluation.precision = found / taken;
      evaluation.recall = found / asked;
    }
  }
}

void AddPoints(const CocoPerson& person, const CocoResult& result,
               std::array<PoseKeypointRow, kNumKeypoints>& rows) {
  const double size = std::sqrt(std::max(person.area, 1.0));
  for (std::size_t k = 0; k < rows.size(); ++k) {
    if (person.points[k].v <= 0) {
      continue;
    }
    PoseKeypointRow& row = rows[k];
    ++row.labelled;
    if (result.points[k].v <= 0) {
      continue;
    }
    ++row.given;
    const double error = std::hypot(result.points[k].x - person.points[k].x,
                                    result.points[k].y - person.points[k].y);
    const double reach = 2 * KeypointSigmas()[k] * size;
    row.mean_error_px += error;
    row.mean_error += error / size;
    row.mean_oks += std::exp(-error * error / (2 * reach * reach));
  }
}

void FillRows(const CocoTruth& truth, const std::vector<CocoResult>& results,
              std::span<const Find> finds, PoseEvaluation& evaluation) {
  for (const Find& find : finds) {
    if (find.score < evaluation.score) {
      continue;
    }
    PoseImageRow& row = evaluation.images[find.image];
    if (find.person < 0) {
      ++row.mistakes;
      continue;
    }
    ++row.found;
    row.mean_oks += find.oks;
    AddPoints(truth.people[static_cast<std::size_t>(find.person)], results[find.result],
              evaluation.points);
  }
  for (PoseImageRow& row : evaluation.images) {
    row.mean_oks /= std::max(row.found, 1);
  }
  for (PoseKeypointRow& row : evaluation.points) {
    row.mean_error_px /= std::max(row.given, 1);
    row.mean_error /= std::max(row.given, 1);
    row.mean_oks /= std::max(row.labelled, 1);
  }
}

struct Tilts {
  const char* name;
  double least;
  double most;
};
constexpr Tilts kTilts[] = {{"straight down (under 15°)", 0, 15},
                            {"steep (15-35°)", 15, 35},
                            {"oblique (35-60°)", 35, 60},
                            {"flat (from 60°)", 60, 181}};

void AddParts(const CocoTruth& truth, const std::vector<CocoResult>& results,
              std::vector<PosePart>& parts) {
  for (const bool fisheye : {true, false}) {
    for (const Tilts& tilts : kTilts) {
      const CocoTruth part = KeepImages(truth, [&](const CocoImage& image) {
        return image.camera && IsFisheye(image.camera->lens) == fisheye &&
               image.camera->tilt >= tilts.least && image.camera->tilt < tilts.most;
      });
      if (part.images.empty()) {
        continue;
      }
      const auto asked =
          static_cast<std::size_t>(std::count_if(part.people.begin(), part.people.end(), IsAsked));
      parts.push_back({(fisheye ? "fisheye, " : "wide, ") + std::string(tilts.name),
                       part.images.size(), asked, EvaluateKeypoints(part, results)});
    }
  }
}

}  // namespace

bool IsFisheye(const std::string& lens) {
  return lens == "equidistant" || lens == "equisolid" || lens == "stereographic";
}

std::vector<std::size_t> PoseEvaluation::Worst(std::size_t count) const {
  std::vector<std::size_t> order(images.size());
  std::iota(order.begin(), order.end(), 0U);
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    const int wrong_a = images[a].missed() + images[a].mistakes;
    const int wrong_b = images[b].missed() + images[b].mistakes;
    return wrong_a != wrong_b ? wrong_a > wrong_b : images[a].mean_oks < images[b].mean_oks;
  });
  // Images where nobody is and nobody is found have nothing to show.
  std::erase_if(order,
                [&](std::size_t i) { return images[i].people == 0 && images[i].mistakes == 0; });
  order.resize(std::min(order.size(), count));
  return order;
}

PoseEvaluation EvaluatePose(const CocoTruth& truth, const std::vector<CocoResult>& results) {
  PoseEvaluation evaluation;
  FindCollector collector(truth, results);
  evaluation.keypoints = EvaluateKeypoints(
      truth, results,
      [&](std::size_t image, std::span<const std::uint32_t> people,
          std::span<const std::uint32_t> found,
          std::span<const double> likeness) { collector.Add(image, people, found, likeness); });
  evaluation.boxes = EvaluateBoxes(truth, results);
  evaluation.asked =
      static_cast<std::size_t>(std::count_if(truth.people.begin(), truth.people.end(), IsAsked));
  evaluation.images = std::move(collector.rows);
  ChooseScore(collector.finds, evaluation);
  FillRows(truth, results, collector.finds, evaluation);
  AddParts(truth, results, evaluation.parts);
  return evaluation;
}

}  // namespace tenjo
