#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "tenjo/evaluate/coco.h"

namespace tenjo {

//! A result that finds somebody (at a likeness of 0.5) or nobody.
struct Find {
  double score = 0;
  std::uint32_t image = 0;   //!< place in the truth's images
  std::uint32_t result = 0;  //!< place in the results
  int person = -1;           //!< place in the truth's people; -1: a mistake
  double likeness = 0;       //!< to that person
};

//! One image at the score of best F1.
struct ImageRow {
  std::size_t image = 0;     //!< place in the truth's images
  int people = 0;            //!< who are asked for
  int found = 0;             //!< of them, by a result at a likeness of 0.5
  int mistakes = 0;          //!< results that find nobody
  double mean_likeness = 0;  //!< of who are found; 0 without any
  int missed() const { return people - found; }
};

//! The score from which on results give the best F1 at a likeness of 0.5.
struct OperatingPoint {
  std::size_t asked = 0;  //!< people asked for
  double score = 0;
  double precision = 0;
  double recall = 0;
  double f1 = 0;
};

//! Gathers what each result finds, image by image. Results that find people who are not asked for
//! are left out.
class FindCollector {
 public:
  using Asked = std::function<bool(const CocoPerson&)>;
  //! Truth and results must outlive it.
  FindCollector(const CocoTruth& truth, const std::vector<CocoResult>& results, Asked asked);

  //! As an ImageObserver.
  void Add(std::size_t image, std::span<const std::uint32_t> people,
           std::span<const std::uint32_t> found, std::span<const double> likeness);

  //! Call it once all images are there: fills in the rows, too.
  OperatingPoint Finish();
  const std::vector<ImageRow>& rows() const { return rows_; }
  const std::vector<Find>& finds() const { return finds_; }

 private:
  const CocoTruth& truth_;
  const std::vector<CocoResult>& results_;
  Asked asked_;
  std::vector<ImageRow> rows_;
  std::vector<Find> finds_;
  std::vector<ApTruth> image_truth_;
  std::vector<char> ignored_;
  std::vector<int> match_;
};

//! Places in `rows`, worst first: most missed people and mistakes, then least likeness. Images with
//! nobody and nothing found are left out.
std::vector<std::size_t> WorstImages(const std::vector<ImageRow>& rows, std::size_t count);

//! Kinds of lens and of tilt for tables by camera.
struct CameraPart {
  std::string name;
  CocoTruth truth;
};
//! Empty where the truth does not say how cameras look.
std::vector<CameraPart> CameraParts(const CocoTruth& truth);
//! Whether the lens is one that sees about half of all directions.
bool IsFisheye(const std::string& lens);

std::string ImageName(const CocoImage& image);

}  // namespace tenjo
