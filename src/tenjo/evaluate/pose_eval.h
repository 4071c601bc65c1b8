#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "tenjo/evaluate/coco.h"
#include "tenjo/evaluate/coco_eval.h"

namespace tenjo {

//! One image at the score of best F1. Found is whom a result finds at OKS 0.5.
struct PoseImageRow {
  std::size_t image = 0;  //!< place in the truth's images
  int people = 0;         //!< who are asked for
  int found = 0;
  int mistakes = 0;     //!< results that find nobody
  double mean_oks = 0;  //!< of who are found; 0 without any
  int missed() const { return people - found; }
};

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
  std::size_t asked = 0;  //!< people asked for
  double score = 0;       //!< of best F1 at OKS 0.5; everything below looks at results from it on
  double precision = 0;
  double recall = 0;
  double f1 = 0;
  std::vector<PoseImageRow> images;  //!< as the truth's
  std::array<PoseKeypointRow, kNumKeypoints> points;
  std::vector<PosePart> parts;  //!< only where the truth says how cameras look

  //! Places in `images`, worst first: most missed people and mistakes, then least OKS.
  std::vector<std::size_t> Worst(std::size_t count) const;
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

//! Whether the lens is one that sees about half of all directions.
bool IsFisheye(const std::string& lens);

}  // namespace tenjo
