#include "tenjo/evaluate/coco_eval.h"

#include <fmt/format.h>

#include <cmath>
#include <iterator>
#include <limits>
#include <utility>

#include "tenjo/base/error.h"
#include "tenjo/evaluate/pairwise_sum.h"
#include "tenjo/vision/keypoint_sigmas.h"

namespace tenjo {
namespace {

constexpr double kSmallArea = 32 * 32;
constexpr double kLargeArea = 96 * 96;
constexpr double kAnyArea = 1e5 * 1e5;
constexpr double kEpsilon = std::numeric_limits<double>::epsilon();
constexpr double kExpIsZero = 746;  // exp(-746) is 0 in doubles

//! (2 sigma)^2, rounded as numpy rounds it.
const std::array<double, kNumKeypoints>& Variances() {
  static const auto variances = [] {
    std::array<double, kNumKeypoints> v = {};
    for (std::size_t i = 0; i < v.size(); ++i) {
      const double twice = kKeypointSigmas[i] * 2;
      v[i] = twice * twice;
    }
    return v;
  }();
  return variances;
}

ApParams KeypointParams() {
  return {
      CocoThresholds(),
      {{"all", 0, kAnyArea}, {"medium", kSmallArea, kLargeArea}, {"large", kLargeArea, kAnyArea}},
      {20}};
}

ApParams BoxParams() {
  return {CocoThresholds(),
          {{"all", 0, kAnyArea},
           {"small", 0, kSmallArea},
           {"medium", kSmallArea, kLargeArea},
           {"large", kLargeArea, kAnyArea}},
          {1, 10, 100}};
}

//! Goes over all images; `like(person, result)` is the likeness, `ignore(person)` says who is not
//! asked for.
template <typename Like, typename Ignore, typename PersonArea, typename ResultArea>
ApArrays Evaluate(const CocoTruth& truth, const std::vector<CocoResult>& results, ApParams params,
                  const Like& like, const Ignore& ignore, const PersonArea& person_area,
                  const ResultArea& result_area, const ImageObserver& observer) {
  const ByImage people(truth, truth.people.size(),
                       [&](std::size_t i) { return truth.people[i].image_id; });
  const ByImage found(truth, results.size(), [&](std::size_t i) { return results[i].image_id; });
  const auto most = static_cast<std::size_t>(params.max_detections.back());
  ApAccumulator accumulator(std::move(params));
  std::vector<ApTruth> image_truth;
  std::vector<ApResult> image_results;
  std::vector<double> scores;
  std::vector<double> likeness;
  std::vector<std::uint32_t> order;
  std::vector<std::uint32_t> ranked;
  for (std::size_t image = 0; image < truth.images.size(); ++image) {
    ranked.clear();
    image_truth.clear();
    image_results.clear();
    scores.clear();
    likeness.clear();
    for (const std::uint32_t i : people.Of(image)) {
      const CocoPerson& person = truth.people[i];
      image_truth.push_back({person.id, person_area(person), ignore(person), person.crowd});
    }
    const auto found_here = found.Of(image);
    for (const std::uint32_t i : found_here) {
      scores.push_back(results[i].score);
    }
    SortByScore(scores, most, order);
    for (const std::uint32_t place : order) {
      ranked.push_back(found_here[place]);
      const CocoResult& result = results[found_here[place]];
      image_results.push_back({result.score, result_area(result)});
      for (const std::uint32_t i : people.Of(image)) {
        likeness.push_back(like(truth.people[i], result));
      }
    }
    accumulator.AddImage(image_truth, image_results, likeness);
    if (observer) {
      observer(image, people.Of(image), ranked, likeness);
    }
  }
  return accumulator.Finish();
}

double AreaOfPerson(const CocoPerson& person) { return person.area; }
double AreaOfResult(const CocoResult& result) { return result.area; }
bool IsNoBoxAsked(const CocoPerson& person) { return person.crowd || person.ignore; }

CocoSummary BoxSummary(ApArrays all) {
  CocoSummary summary;
  summary.arrays = std::move(all);
  const ApArrays& arrays = summary.arrays;
  constexpr int kAll = -1;
  constexpr std::size_t kHundred = 2;
  summary.figures = {{"AP", arrays.MeanPrecision(kAll, 0, kHundred)},
                     {"AP50", arrays.MeanPrecision(0, 0, kHundred)},
                     {"AP75", arrays.MeanPrecision(5, 0, kHundred)},
                     {"AP small", arrays.MeanPrecision(kAll, 1, kHundred)},
                     {"AP medium", arrays.MeanPrecision(kAll, 2, kHundred)},
                     {"AP large", arrays.MeanPrecision(kAll, 3, kHundred)},
                     {"AR max 1", arrays.MeanRecall(kAll, 0, 0)},
                     {"AR max 10", arrays.MeanRecall(kAll, 0, 1)},
                     {"AR max 100", arrays.MeanRecall(kAll, 0, kHundred)},
                     {"AR small", arrays.MeanRecall(kAll, 1, kHundred)},
                     {"AR medium", arrays.MeanRecall(kAll, 2, kHundred)},
                     {"AR large", arrays.MeanRecall(kAll, 3, kHundred)}};
  return summary;
}

}  // namespace

double CocoSummary::Get(const std::string& name) const {
  for (const Figure& figure : figures) {
    if (figure.name == name) {
      return figure.value;
    }
  }
  throw CheckFailure("there is no figure named " + name);
}

double Oks(const CocoPerson& person, const CocoPoints& points) {
  const auto& variances = Variances();
  const double area = person.area + kEpsilon;
  std::array<double, kNumKeypoints> terms;
  std::size_t count = 0;
  const auto add = [&](double dx, double dy, std::size_t k) {
    const double e = (dx * dx + dy * dy) / variances[k] / area / 2;
    terms[count++] = e < kExpIsZero ? std::exp(-e) : 0;
  };
  for (std::size_t k = 0; k < points.size(); ++k) {
    if (person.points[k].v > 0) {
      add(points[k].x - person.points[k].x, points[k].y - person.points[k].y, k);
    }
  }
  if (count == 0) {
    const CocoBox& box = person.box;
    const double x0 = box[0] - box[2];
    const double x1 = box[0] + box[2] * 2;
    const double y0 = box[1] - box[3];
    const double y1 = box[1] + box[3] * 2;
    for (std::size_t k = 0; k < points.size(); ++k) {
      const double dx = std::max(0.0, x0 - points[k].x) + std::max(0.0, points[k].x - x1);
      const double dy = std::max(0.0, y0 - points[k].y) + std::max(0.0, points[k].y - y1);
      add(dx, dy, k);
    }
  }
  return PairwiseSum({terms.data(), count}) / static_cast<double>(count);
}

double CocoIoU(const CocoBox& result, const CocoBox& truth, bool crowd) {
  const double w =
      std::min(result[2] + result[0], truth[2] + truth[0]) - std::max(result[0], truth[0]);
  if (w <= 0) {
    return 0;
  }
  const double h =
      std::min(result[3] + result[1], truth[3] + truth[1]) - std::max(result[1], truth[1]);
  if (h <= 0) {
    return 0;
  }
  const double overlap = w * h;
  const double area = result[2] * result[3];
  return overlap / (crowd ? area : area + truth[2] * truth[3] - overlap);
}

CocoSummary EvaluateKeypoints(const CocoTruth& truth, const std::vector<CocoResult>& results,
                              const ImageObserver& observer) {
  CocoSummary summary;
  summary.arrays = Evaluate(
      truth, results, KeypointParams(),
      [](const CocoPerson& person, const CocoResult& result) { return Oks(person, result.points); },
      [](const CocoPerson& person) {
        return person.crowd || person.ignore || person.num_keypoints == 0;
      },
      AreaOfPerson, AreaOfResult, observer);
  const ApArrays& arrays = summary.arrays;
  constexpr int kAll = -1;
  constexpr int k50 = 0;
  constexpr int k75 = 5;
  summary.figures = {{"AP", arrays.MeanPrecision(kAll, 0, 0)},
                     {"AP50", arrays.MeanPrecision(k50, 0, 0)},
                     {"AP75", arrays.MeanPrecision(k75, 0, 0)},
                     {"AP medium", arrays.MeanPrecision(kAll, 1, 0)},
                     {"AP large", arrays.MeanPrecision(kAll, 2, 0)},
                     {"AR", arrays.MeanRecall(kAll, 0, 0)},
                     {"AR50", arrays.MeanRecall(k50, 0, 0)},
                     {"AR75", arrays.MeanRecall(k75, 0, 0)},
                     {"AR medium", arrays.MeanRecall(kAll, 1, 0)},
                     {"AR large", arrays.MeanRecall(kAll, 2, 0)}};
  return summary;
}

CocoSummary EvaluateBoxes(const CocoTruth& truth, const std::vector<CocoResult>& results,
                          const ImageObserver& observer) {
  return BoxSummary(Evaluate(
      truth, results, BoxParams(),
      [](const CocoPerson& person, const CocoResult& result) {
        return CocoIoU(result.box, person.box, person.crowd);
      },
      IsNoBoxAsked, AreaOfPerson, AreaOfResult, observer));
}

CocoSummary EvaluateBoxesBy(
    const CocoTruth& truth, const std::vector<CocoResult>& results,
    const std::function<double(const CocoPerson&, const CocoResult&)>& likeness,
    const std::function<double(const CocoPerson&)>& area_of_person,
    const std::function<double(const CocoResult&)>& area_of_result, const ImageObserver& observer) {
  return BoxSummary(Evaluate(truth, results, BoxParams(), likeness, IsNoBoxAsked, area_of_person,
                             area_of_result, observer));
}

std::string ArraysToJson(const ApArrays& arrays) {
  std::string out = fmt::format(R"({{"thresholds":{},"areas":[)", arrays.params.thresholds.size());
  for (std::size_t i = 0; i < arrays.params.areas.size(); ++i) {
    fmt::format_to(std::back_inserter(out), "{}\"{}\"", i > 0 ? "," : "",
                   arrays.params.areas[i].name);
  }
  out += R"(],"max_detections":[)";
  for (std::size_t i = 0; i < arrays.params.max_detections.size(); ++i) {
    fmt::format_to(std::back_inserter(out), "{}{}", i > 0 ? "," : "",
                   arrays.params.max_detections[i]);
  }
  out += ']';
  const auto append = [&](const char* name, const std::vector<double>& values) {
    fmt::format_to(std::back_inserter(out), ",\"{}\":[", name);
    for (std::size_t i = 0; i < values.size(); ++i) {
      fmt::format_to(std::back_inserter(out), "{}{}", i > 0 ? "," : "", values[i]);
    }
    out += ']';
  };
  append("precision", arrays.precision);
  append("recall", arrays.recall);
  append("scores", arrays.scores);
  return out + "}\n";
}

}  // namespace tenjo
