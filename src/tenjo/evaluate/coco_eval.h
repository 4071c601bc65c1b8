#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "tenjo/evaluate/coco.h"

namespace tenjo {

//! What pycocotools prints.
struct CocoSummary {
  struct Figure {
    std::string name;   //!< AP, AP50, AP75, AP medium, ..., AR large
    double value = -1;  //!< -1: nobody was asked for
  };
  std::vector<Figure> figures;
  ApArrays arrays;

  double ap() const { return figures[0].value; }
  double ap50() const { return figures[1].value; }
  double ap75() const { return figures[2].value; }
  //! By name; throws CheckFailure for an unknown one.
  double Get(const std::string& name) const;
};

//! Object keypoint similarity of a person and a result, as pycocotools has it; of a person without
//! labelled keypoints that of the distances to the box, doubled in size.
double Oks(const CocoPerson& person, const CocoPoints& points);
//! Intersection over union as pycocotools has it; of a crowd over the result's area.
double CocoIoU(const CocoBox& result, const CocoBox& truth, bool crowd);

//! Sees each image as it is evaluated: its place in `truth.images`, places in `truth.people` and in
//! the results (best first, no more than count), and likeness [result][person].
using ImageObserver =
    std::function<void(std::size_t image, std::span<const std::uint32_t> people,
                       std::span<const std::uint32_t> results, std::span<const double> likeness)>;

//! Average precision and recall by OKS: ten figures, equal to pycocotools' (iouType keypoints) to
//! the last bit. Results of images that are not in `truth.images` are left out.
CocoSummary EvaluateKeypoints(const CocoTruth& truth, const std::vector<CocoResult>& results,
                              const ImageObserver& observer = {});
//! The same by IoU of upright boxes: twelve figures (iouType bbox).
CocoSummary EvaluateBoxes(const CocoTruth& truth, const std::vector<CocoResult>& results,
                          const ImageObserver& observer = {});

//! The same by any likeness and areas of people and results.
CocoSummary EvaluateBoxesBy(
    const CocoTruth& truth, const std::vector<CocoResult>& results,
    const std::function<double(const CocoPerson&, const CocoResult&)>& likeness,
    const std::function<double(const CocoPerson&)>& area_of_person,
    const std::function<double(const CocoResult&)>& area_of_result,
    const ImageObserver& observer = {});

//! A JSON object with the arrays, as pycocotools has them in `eval`, numbers to the last bit.
std::string ArraysToJson(const ApArrays& arrays);

}  // namespace tenjo
