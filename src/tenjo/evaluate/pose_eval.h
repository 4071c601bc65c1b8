#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "tenjo/evaluate/coco.h"
#include "tenjo/evaluate/coco_eval.h"
#include "tenjo/evaluate/finds.h"

namespace tenjo {

//! One keypoint over everybody found at the score of best F1.
struct PoseKeypointRow {
  int labelled = 0;
  int given = 0;             //!< of them: the result has it
  double mean_error_px = 0;  //!< of those given
  double mean_error = 0;     //!< the same over the root of the person's area
  double mean_oks = 0;       //!< its part of OKS; one that is not given counts 0
};

//! Images of a kind of lens and of tilts.
struct PosePart {
  std::string name;
  std::size_t images = 0;
  std::size_t people = 0;  //!< who are asked for
  CocoSummary keypoints;
};

struct PoseEvaluation {
  CocoSummary keypoints;
  CocoSummary boxes;
  OperatingPoint point;          //!< everything below looks at results from its score on
  std::vector<ImageRow> images;  //!< as the truth's
  std::array<PoseKeypointRow, kNumKeypoints> points;
  std::vector<PosePart> parts;  //!< only where the truth says how cameras look
};

PoseEvaluation EvaluatePose(const CocoTruth& truth, const std::vector<CocoResult>& results);

//! Tables for people.
std::string PoseTables(const PoseEvaluation& evaluation, const CocoTruth& truth, std::size_t worst);
//! Everything but arrays as one JSON object.
std::string PoseToJson(const PoseEvaluation& evaluation, const CocoTruth& truth);

struct PoseHtmlOptions {
  //! The file of an image, or an empty path; not set: skeletons on grey.
  std::function<std::filesystem::path(const CocoImage&)> file_of = {};
  std::size_t worst = 30;
  std::string title = "tenjo eval pose";
};
//! A page of its own, with all pictures inside. Pictures that cannot be read are grey.
std::string PoseToHtml(const PoseEvaluation& evaluation, const CocoTruth& truth,
                       const std::vector<CocoResult>& results, const PoseHtmlOptions& options);

}  // namespace tenjo
