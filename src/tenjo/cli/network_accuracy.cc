#include "tenjo/cli/network_accuracy.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>

#include "tenjo/base/error.h"
#include "tenjo/cli/calibration_images.h"
#include "tenjo/cli/embed_people.h"
#include "tenjo/cli/interrupt.h"
#include "tenjo/dataset/identity_set.h"
#include "tenjo/evaluate/appearance_eval.h"
#include "tenjo/evaluate/coco_eval.h"
#include "tenjo/evaluate/detect_eval.h"
#include "tenjo/pipeline/pipeline.h"

namespace tenjo::cli {
namespace {

constexpr float kLeastBoxScore = 0.02F;

class PeopleAccuracy {
 public:
  explicit PeopleAccuracy(const AccuracyOptions& options)
      : truth_(ReadCocoTruth(options.gt)), size_(options.size) {
    options_.source.input = options.images;
    options_.backend.threads = options.threads;
    options_.stop = &Interrupted();
  }

  std::vector<Accuracy> operator()(const std::filesystem::path& model) const {
    const ModelInfo info = ReadModelInfo(model);
    std::vector<Accuracy> figures = {{"keypoint AP", Measure(info, false)}};
    if (!info.boxes.empty()) {
      figures.push_back({"box AP50", Measure(info, true)});
    }
    return figures;
  }

 private:
  double Measure(const ModelInfo& info, bool boxes) const {
    PipelineOptions options = options_;
    options.model = info.path;
    options.person_heads = boxes;
    options.person_decoder.threshold = kLeastBoxScore;
    if (!size_.empty()) {
      const cv::Size size = CalibrationSize(size_, info);
      options.backend.height = size.height;
      options.backend.width = size_.starts_with("0x") ? 0 : size.width;
    }
    std::vector<CocoResult> results;
    std::set<std::int64_t> seen;
    Pipeline pipeline(options);
    pipeline.Run([&](FrameResult& result) {
      if (FindImage(truth_, result.frame.image_id)) {
        seen.insert(result.frame.image_id);
        for (const Person& person : result.people) {
          results.push_back(ResultOfPerson(result.frame.image_id, person));
        }
      }
      return true;
    });
    const CocoTruth asked =
        KeepImages(truth_, [&](const CocoImage& image) { return seen.contains(image.id); });
    const double figure = boxes ? BoxAp50(asked, results) : EvaluateKeypoints(asked, results).ap();
    if (figure < 0) {
      throw Error(fmt::format("the truth says of no person in {} where {}", options.source.input,
                              boxes ? "the box is" : "the keypoints are"));
    }
    return figure;
  }

  static double BoxAp50(const CocoTruth& truth, const std::vector<CocoResult>& results) {
    const bool rotated = std::any_of(truth.people.begin(), truth.people.end(),
                                     [](const CocoPerson& person) { return person.rotated; });
    return (rotated ? EvaluateRotatedBoxes(truth, results) : EvaluateBoxes(truth, results)).ap50();
  }

  CocoTruth truth_;
  std::string size_;
  PipelineOptions options_;
};

class LooksAccuracy {
 public:
  explicit LooksAccuracy(const AccuracyOptions& options)
      : set_(ReadIdentities(options.gt, options.images)) {
    backend_.threads = options.threads;
  }

  std::vector<Accuracy> operator()(const std::filesystem::path& model) const {
    AppearanceNetwork network(model, backend_);
    const AppearanceEvaluation found =
        EvaluateAppearance(EmbedPeople(set_, network), std::nullopt, EmbeddingDistance::kEuclidean);
    const RetrievalScores& scores = found.across.queries > 0 ? found.across : found.within;
    if (scores.queries == 0) {
      throw Error(fmt::format("nobody is in {} twice, so nobody can be found again", set_.name));
    }
    return {{"rank-1", scores.Rank(1)}};
  }

 private:
  IdentitySet set_;
  BackendOptions backend_;
};

}  // namespace

std::function<std::vector<Accuracy>(const std::filesystem::path&)> MeasureBy(
    const AccuracyOptions& options, const ModelInfo& info) {
  if (info.task == "refine") {
    throw Error(
        "--gt measures pose and appearance networks; a refining one is measured by what "
        "`tenjo eval pose --refine` finds");
  }
  if (info.task == "appearance") {
    return LooksAccuracy(options);
  }
  return PeopleAccuracy(options);
}

}  // namespace tenjo::cli
