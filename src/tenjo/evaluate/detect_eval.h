#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "tenjo/evaluate/coco.h"
#include "tenjo/evaluate/coco_eval.h"
#include "tenjo/evaluate/finds.h"

namespace tenjo {

//! Average precision and recall by IoU of rotated boxes, with COCO's rules. Who has no rotated box
//! is taken by the upright one. Areas are those of the rotated boxes.
CocoSummary EvaluateRotatedBoxes(const CocoTruth& truth, const std::vector<CocoResult>& results,
                                 const ImageObserver& observer = {});

struct DetectPart {
  std::string name;
  std::size_t images = 0;
  std::size_t people = 0;
  CocoSummary boxes;  //!< rotated where there are rotated boxes
};

struct DetectEvaluation {
  CocoSummary upright;
  std::optional<CocoSummary> rotated;  //!< only where truth or results have rotated boxes
  double recall50 = -1;                //!< highest recall at IoU 0.5 of the upright boxes
  double rotated_recall50 = -1;
  OperatingPoint point;  //!< of the rotated boxes where there are any
  std::vector<ImageRow> images;
  std::vector<DetectPart> parts;
};

DetectEvaluation EvaluateDetections(const CocoTruth& truth, const std::vector<CocoResult>& results);

std::string DetectTables(const DetectEvaluation& evaluation, const CocoTruth& truth,
                         std::size_t worst);
std::string DetectToJson(const DetectEvaluation& evaluation, const CocoTruth& truth);

struct DetectHtmlOptions {
  //! The file of an image, or an empty path; not set: boxes on grey.
  std::function<std::filesystem::path(const CocoImage&)> file_of = {};
  std::size_t worst = 30;
  std::string title = "tenjo eval detect";
};
std::string DetectToHtml(const DetectEvaluation& evaluation, const CocoTruth& truth,
                         const std::vector<CocoResult>& results, const DetectHtmlOptions& options);

//! The rotated box, or the upright one as a rotated box that is not turned.
RotatedBox AnyRotatedBox(const std::optional<RotatedBox>& rotated, const CocoBox& box);

}  // namespace tenjo
