#include "tenjo/evaluate/detect_eval.h"

#include <algorithm>

namespace tenjo {
namespace {

bool IsAsked(const CocoPerson& person) { return !person.crowd && !person.ignore; }

double Recall50(const CocoSummary& summary) { return summary.arrays.MeanRecall(0, 0, 2); }

}  // namespace

RotatedBox AnyRotatedBox(const std::optional<RotatedBox>& rotated, const CocoBox& box) {
  return rotated ? *rotated
                 : RotatedBox{box[0] + box[2] / 2, box[1] + box[3] / 2, box[2], box[3], 0};
}

CocoSummary EvaluateRotatedBoxes(const CocoTruth& truth, const std::vector<CocoResult>& results,
                                 const ImageObserver& observer) {
  return EvaluateBoxesBy(
      truth, results,
      [](const CocoPerson& person, const CocoResult& result) {
        const RotatedBox found = AnyRotatedBox(result.rotated, result.box);
        const RotatedBox asked = AnyRotatedBox(person.rotated, person.box);
        return person.crowd ? RotatedOverlap(found, asked) / std::max(found.area(), 1e-12)
                            : RotatedIoU(found, asked);
      },
      [](const CocoPerson& person) {
        return person.rotated ? person.rotated->area() : person.area;
      },
      [](const CocoResult& result) {
        return result.rotated ? result.rotated->area() : result.area;
      },
      observer);
}

DetectEvaluation EvaluateDetections(const CocoTruth& truth,
                                    const std::vector<CocoResult>& results) {
  DetectEvaluation evaluation;
  FindCollector collector(truth, results, IsAsked);
  const ImageObserver observer = [&](std::size_t image, std::span<const std::uint32_t> people,
                                     std::span<const std::uint32_t> found,
                                     std::span<const double> likeness) {
    collector.Add(image, people, found, likeness);
  };
  const bool rotated = std::any_of(truth.people.begin(), truth.people.end(),
                                   [](const CocoPerson& p) { return p.rotated.has_value(); }) ||
                       std::any_of(results.begin(), results.end(),
                                   [](const CocoResult& r) { return r.rotated.has_value(); });
  evaluation.upright = EvaluateBoxes(truth, results, rotated ? ImageObserver() : observer);
  evaluation.recall50 = Recall50(evaluation.upright);
  if (rotated) {
    evaluation.rotated = EvaluateRotatedBoxes(truth, results, observer);
    evaluation.rotated_recall50 = Recall50(*evaluation.rotated);
  }
  evaluation.point = collector.Finish();
  evaluation.images = collector.rows();
  for (const CameraPart& part : CameraParts(truth)) {
    const auto asked = static_cast<std::size_t>(
        std::count_if(part.truth.people.begin(), part.truth.people.end(), IsAsked));
    evaluation.parts.push_back(
        {part.name, part.truth.images.size(), asked,
         rotated ? EvaluateRotatedBoxes(part.truth, results) : EvaluateBoxes(part.truth, results)});
  }
  return evaluation;
}

}  // namespace tenjo
