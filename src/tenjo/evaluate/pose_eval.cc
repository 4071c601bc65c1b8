#include "tenjo/evaluate/pose_eval.h"

#include <algorithm>
#include <cmath>

#include "tenjo/vision/keypoint_sigmas.h"

namespace tenjo {
namespace {

bool IsAsked(const CocoPerson& person) {
  return !person.crowd && !person.ignore && person.num_keypoints > 0;
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
    const double reach = 2 * kKeypointSigmas[k] * size;
    row.mean_error_px += error;
    row.mean_error += error / size;
    row.mean_oks += std::exp(-error * error / (2 * reach * reach));
  }
}

void FillPoints(const CocoTruth& truth, const std::vector<CocoResult>& results,
                std::span<const Find> finds, PoseEvaluation& evaluation) {
  for (const Find& find : finds) {
    if (find.score >= evaluation.point.score && find.person >= 0) {
      AddPoints(truth.people[static_cast<std::size_t>(find.person)], results[find.result],
                evaluation.points);
    }
  }
  for (PoseKeypointRow& row : evaluation.points) {
    row.mean_error_px /= std::max(row.given, 1);
    row.mean_error /= std::max(row.given, 1);
    row.mean_oks /= std::max(row.labelled, 1);
  }
}

}  // namespace

PoseEvaluation EvaluatePose(const CocoTruth& truth, const std::vector<CocoResult>& results) {
  PoseEvaluation evaluation;
  FindCollector collector(truth, results, IsAsked);
  evaluation.keypoints = EvaluateKeypoints(
      truth, results,
      [&](std::size_t image, std::span<const std::uint32_t> people,
          std::span<const std::uint32_t> found,
          std::span<const double> likeness) { collector.Add(image, people, found, likeness); });
  evaluation.boxes = EvaluateBoxes(truth, results);
  evaluation.point = collector.Finish();
  evaluation.images = collector.rows();
  FillPoints(truth, results, collector.finds(), evaluation);
  for (const CameraPart& part : CameraParts(truth)) {
    const auto asked = static_cast<std::size_t>(
        std::count_if(part.truth.people.begin(), part.truth.people.end(), IsAsked));
    evaluation.parts.push_back(
        {part.name, part.truth.images.size(), asked, EvaluateKeypoints(part.truth, results)});
  }
  return evaluation;
}

}  // namespace tenjo
