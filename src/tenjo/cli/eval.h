#pragma once

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "tenjo/evaluate/coco.h"
#include "tenjo/infer/backend.h"

namespace tenjo::cli {

void AddEvalPose(CLI::App& eval);
void AddEvalTrack(CLI::App& eval);
void AddEvalDetect(CLI::App& eval);
void AddEvalAppearance(CLI::App& eval);

//! "15-60" as least and most, "15-" and "-60" open at an end. `option` is named in errors.
std::pair<double, double> ParseRange(const std::string& text, const char* option);

//! Which images of a truth are looked at.
struct ImageFilter {
  std::string list;
  std::string lens;
  std::string tilt;
  std::string camera_height;
};
void AddImageFilter(CLI::App& command, ImageFilter& filter);
//! Throws Error if no image is left.
CocoTruth FilterImages(CocoTruth truth, const ImageFilter& filter, const std::string& name);

//! Where the truth's files are: `given`, or the truth's own folder.
std::filesystem::path ImageFolder(const std::string& given, const std::filesystem::path& truth);
//! The file of an image, in `folder` or its folder images, by its whole name or the last part of
//! it; empty if there is none.
std::filesystem::path ImageFile(const CocoImage& image, const std::filesystem::path& folder);

//! Where results come from: a file, or a network that is run over the truth's images.
struct ResultSource {
  std::string dt;
  std::string images;
  std::string model;
  std::string size;
  std::string refine = "auto";
  std::string third_look = "auto";
  BackendOptions backend;
  std::string save;
};
void AddResultSource(CLI::App& command, ResultSource& source, const std::string& results);
//! Throws CLI::Error unless there is exactly one source.
void CheckSource(const ResultSource& source);
std::string SourceName(const ResultSource& source);
//! What of a network with person heads is asked for: skeletons alone, or boxes down to such low
//! scores as average precision looks at.
enum class NetworkAnswers { kSkeletons, kBoxes };
//! Results on `truth`, which is `whole` (read from `gt`) or a part of it.
std::vector<CocoResult> FindResults(const ResultSource& source, const std::string& gt,
                                    const CocoTruth& whole, const CocoTruth& truth, bool quiet,
                                    NetworkAnswers answers);

//! What `tenjo eval pose` and `tenjo eval detect` share.
struct PeopleEvaluation {
  std::string gt;
  ResultSource source;
  std::string heights;
  ImageFilter filter;
  std::string json;
  std::string html;
  std::string arrays;
  std::size_t worst = 10;
  bool quiet = false;
};
//! `truth` and `results` say what --gt and --dt take.
void AddPeopleEvaluation(CLI::App& command, PeopleEvaluation& evaluation, const std::string& truth,
                         const std::string& results);
//! The truth as it is read, and the part of it that is asked for.
struct AskedTruth {
  CocoTruth whole;
  CocoTruth asked;
};
//! Checks the options, then reads. Throws Error or CLI::Error.
AskedTruth ReadAskedTruth(const PeopleEvaluation& evaluation);
//! Fills what the reports of both have: `what` begins the title.
template <typename HtmlOptions>
HtmlOptions ReportOptions(const PeopleEvaluation& evaluation, const std::string& what) {
  HtmlOptions options;
  const std::filesystem::path folder = ImageFolder(evaluation.source.images, evaluation.gt);
  options.file_of = [folder](const CocoImage& image) { return ImageFile(image, folder); };
  options.worst = std::max<std::size_t>(evaluation.worst, 1);
  options.title = what + ": " + SourceName(evaluation.source) + " against " + evaluation.gt;
  return options;
}

//! Refuses outputs that would overwrite an input.
void CheckOutputs(const std::vector<std::string>& inputs, const std::vector<std::string>& outputs);

}  // namespace tenjo::cli
