#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "tenjo/base/markup.h"
#include "tenjo/evaluate/html.h"
#include "tenjo/evaluate/pose_eval.h"
#include "tenjo/evaluate/report.h"

namespace tenjo {
namespace {

using Row = ReportRow;

constexpr std::array<std::pair<int, int>, 16> kBones = {{{kLeftAnkle, kLeftKnee},
                                                         {kLeftKnee, kLeftHip},
                                                         {kRightAnkle, kRightKnee},
                                                         {kRightKnee, kRightHip},
                                                         {kLeftHip, kRightHip},
                                                         {kLeftShoulder, kLeftHip},
                                                         {kRightShoulder, kRightHip},
                                                         {kLeftShoulder, kRightShoulder},
                                                         {kLeftShoulder, kLeftElbow},
                                                         {kRightShoulder, kRightElbow},
                                                         {kLeftElbow, kLeftWrist},
                                                         {kRightElbow, kRightWrist},
                                                         {kNose, kLeftEye},
                                                         {kNose, kRightEye},
                                                         {kLeftEye, kLeftEar},
                                                         {kRightEye, kRightEar}}};
constexpr int kPictureSide = 640;

const Row kPointHead = {"keypoint", "labelled", "given", "error px", "error / size", "OKS"};

std::vector<Row> PointRows(const PoseEvaluation& evaluation) {
  std::vector<Row> rows;
  for (std::size_t k = 0; k < evaluation.points.size(); ++k) {
    const PoseKeypointRow& p = evaluation.points[k];
    const double share = p.labelled > 0 ? 100.0 * p.given / p.labelled : 0;
    rows.push_back({std::string(kKeypointNames[k]), std::to_string(p.labelled),
                    fmt::format("{:.1f} %", share), fmt::format("{:.2f}", p.mean_error_px),
                    fmt::format("{:.4f}", p.mean_error), FigureText(p.mean_oks)});
  }
  return rows;
}

const Row kPartHead = {"camera", "images", "people", "AP", "AP50", "AP75", "AR"};

std::vector<Row> PartRows(const PoseEvaluation& evaluation) {
  std::vector<Row> rows;
  for (const PosePart& part : evaluation.parts) {
    const CocoSummary& s = part.keypoints;
    rows.push_back({part.name, std::to_string(part.images), std::to_string(part.people),
                    FigureText(s.ap()), FigureText(s.ap50()), FigureText(s.ap75()),
                    FigureText(s.Get("AR"))});
  }
  return rows;
}

std::string BoneLines(const CocoPoints& points, const char* kind, double width) {
  std::string path;
  for (const auto& [a, b] : kBones) {
    const CocoPoint& from = points[static_cast<std::size_t>(a)];
    const CocoPoint& to = points[static_cast<std::size_t>(b)];
    if (from.v > 0 && to.v > 0) {
      fmt::format_to(std::back_inserter(path), "M{:.1f} {:.1f}L{:.1f} {:.1f}", from.x, from.y, to.x,
                     to.y);
    }
  }
  for (const CocoPoint& point : points) {
    if (point.v > 0) {
      fmt::format_to(std::back_inserter(path), "M{:.1f} {:.1f}h0", point.x, point.y);
    }
  }
  return fmt::format(
      "<path class=\"{}\" fill=\"none\" stroke-linecap=\"round\" stroke-width=\"{:.2f}\" "
      "d=\"{}\"/>",
      kind, width, path);
}

std::string BoxLines(const CocoBox& box, const char* kind, double width) {
  return fmt::format(
      "<rect class=\"{}\" fill=\"none\" stroke-width=\"{:.2f}\" stroke-dasharray=\"{:.1f}\" "
      "x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\"/>",
      kind, width / 2, width * 2, box[0], box[1], box[2], box[3]);
}

class WorstPictures {
 public:
  WorstPictures(const PoseEvaluation& evaluation, const CocoTruth& truth,
                const std::vector<CocoResult>& results, const PoseHtmlOptions& options)
      : evaluation_(evaluation),
        truth_(truth),
        results_(results),
        options_(options),
        people_(truth, truth.people.size(),
                [&](std::size_t i) { return truth.people[i].image_id; }),
        found_(truth, results.size(), [&](std::size_t i) { return results[i].image_id; }) {}

  std::string Html() const {
    std::string out = "<div class=\"pictures\">\n";
    for (const std::size_t image : WorstImages(evaluation_.images, options_.worst)) {
      out += Picture(image);
    }
    return out + "</div>\n";
  }

 private:
  std::string Picture(std::size_t index) const {
    const CocoImage& image = truth_.images[index];
    HtmlPicture picture;
    const std::filesystem::path file =
        options_.file_of ? options_.file_of(image) : std::filesystem::path();
    if (!file.empty()) {
      picture = ReadHtmlPicture(file, kPictureSide);
    }
    int width = picture.width > 0 ? picture.width : image.width;
    int height = picture.height > 0 ? picture.height : image.height;
    if (width <= 0 || height <= 0) {
      // The truth does not say: as large as what is in it.
      width = height = 1;
      for (const std::uint32_t i : people_.Of(index)) {
        const CocoBox& box = truth_.people[i].box;
        width = std::max(width, static_cast<int>(box[0] + box[2]) + 1);
        height = std::max(height, static_cast<int>(box[1] + box[3]) + 1);
      }
    }
    const double line = std::max(width, height) / 200.0;
    std::string svg = fmt::format("<svg viewBox=\"0 0 {} {}\">", width, height);
    if (!picture.data_uri.empty()) {
      svg += fmt::format("<image width=\"{}\" height=\"{}\" href=\"{}\"/>", width, height,
                         picture.data_uri);
    }
    for (const std::uint32_t i : people_.Of(index)) {
      const CocoPerson& person = truth_.people[i];
      const bool asked = !person.crowd && !person.ignore && person.num_keypoints > 0;
      svg += BoxLines(person.box, asked ? "truth" : "weak", line);
      svg += BoneLines(person.points, "truth", line);
    }
    for (const std::uint32_t i : found_.Of(index)) {
      const CocoResult& result = results_[i];
      const bool weak = result.score < evaluation_.point.score;
      svg += BoneLines(result.points, weak ? "weak" : "found", weak ? line / 2 : line);
    }
    const Row row = ImageCells(evaluation_.images[index], truth_);
    return fmt::format(
        "<figure>{}</svg><figcaption>{}: {} people, {} found, {} missed, {} mistakes, mean OKS "
        "{}</figcaption></figure>\n",
        svg, EscapeHtml(row[0]), row[1], row[2], row[3], row[4], row[5]);
  }

  const PoseEvaluation& evaluation_;
  const CocoTruth& truth_;
  const std::vector<CocoResult>& results_;
  const PoseHtmlOptions& options_;
  ByImage people_;
  ByImage found_;
};

}  // namespace

std::string PoseTables(const PoseEvaluation& evaluation, const CocoTruth& truth,
                       std::size_t worst) {
  const auto [point_head, point_row] = SummaryRow("keypoints", evaluation.keypoints);
  const auto [box_head, box_row] = SummaryRow("boxes", evaluation.boxes);
  std::string out = TextTable(point_head, {point_row}) + "\n" + TextTable(box_head, {box_row}) +
                    "\n" + PointText(evaluation.point, evaluation.images.size(), "OKS") + "\n\n";
  if (!evaluation.parts.empty()) {
    out += TextTable(kPartHead, PartRows(evaluation)) + "\n";
  }
  out += TextTable(kPointHead, PointRows(evaluation));
  if (worst > 0) {
    std::vector<Row> rows;
    for (const std::size_t image : WorstImages(evaluation.images, worst)) {
      rows.push_back(ImageCells(evaluation.images[image], truth));
    }
    out += "\nWorst images\n" + TextTable(ImageHead("mean OKS"), rows);
  }
  return out;
}

std::string PoseToJson(const PoseEvaluation& evaluation, const CocoTruth& truth) {
  std::string out = fmt::format(
      R"({{"format":"tenjo eval pose 1","images":{},"people":{},"keypoints":{},"boxes":{},)"
      R"("best_f1":{})",
      evaluation.images.size(), evaluation.point.asked, SummaryJson(evaluation.keypoints),
      SummaryJson(evaluation.boxes), PointJson(evaluation.point));
  const auto to = std::back_inserter(out);
  out += ",\n\"parts\":[";
  for (std::size_t i = 0; i < evaluation.parts.size(); ++i) {
    const PosePart& part = evaluation.parts[i];
    fmt::format_to(to, R"({}{{"name":{},"images":{},"people":{},"keypoints":{}}})",
                   i > 0 ? ",\n" : "", JsonString(part.name), part.images, part.people,
                   SummaryJson(part.keypoints));
  }
  out += "],\n\"per_keypoint\":[";
  for (std::size_t k = 0; k < evaluation.points.size(); ++k) {
    const PoseKeypointRow& row = evaluation.points[k];
    fmt::format_to(to,
                   R"({}{{"name":"{}","labelled":{},"given":{},"mean_error_px":{},)"
                   R"("mean_error":{},"mean_oks":{}}})",
                   k > 0 ? ",\n" : "", kKeypointNames[k], row.labelled, row.given,
                   row.mean_error_px, row.mean_error, row.mean_oks);
  }
  out += "],\n\"per_image\":" + ImagesJson(evaluation.images, truth, "mean_oks");
  return out + "}\n";
}

std::string PoseToHtml(const PoseEvaluation& evaluation, const CocoTruth& truth,
                       const std::vector<CocoResult>& results, const PoseHtmlOptions& options) {
  const auto [point_head, point_row] = SummaryRow("keypoints", evaluation.keypoints);
  const auto [box_head, box_row] = SummaryRow("boxes", evaluation.boxes);
  std::string body =
      "<p>" + EscapeHtml(PointText(evaluation.point, evaluation.images.size(), "OKS")) + "</p>\n" +
      HtmlTable(point_head, {point_row}) + HtmlTable(box_head, {box_row}) +
      PrecisionChart(evaluation.keypoints.arrays, "OKS");
  if (!evaluation.parts.empty()) {
    body += "<h2>By camera</h2>\n" + HtmlTable(kPartHead, PartRows(evaluation));
  }
  body +=
      "<h2>By keypoint</h2>\n<p>Of the people found from that score on. Error / size: over the "
      "root of the person's area.</p>\n" +
      HtmlTable(kPointHead, PointRows(evaluation));
  body +=
      "<h2>Worst images</h2>\n<p><span class=\"key\" style=\"background:#21d07a\"></span>truth"
      "<span class=\"key\" style=\"background:#ff8a1f\"></span>found; faint: below that score, "
      "or nobody who is asked for</p>\n" +
      WorstPictures(evaluation, truth, results, options).Html();
  std::vector<Row> rows;
  constexpr std::size_t kMostRows = 1000;
  for (const std::size_t image : WorstImages(evaluation.images, kMostRows)) {
    rows.push_back(ImageCells(evaluation.images[image], truth));
  }
  body += "<h2>By image</h2>\n" + HtmlTable(ImageHead("mean OKS"), rows);
  return HtmlPage(options.title, body);
}

}  // namespace tenjo
