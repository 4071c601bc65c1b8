#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <numbers>

#include "tenjo/base/markup.h"
#include "tenjo/evaluate/detect_eval.h"
#include "tenjo/evaluate/html.h"
#include "tenjo/evaluate/report.h"

namespace tenjo {
namespace {

constexpr int kPictureSide = 640;

std::vector<ReportRow> PartRows(const DetectEvaluation& evaluation) {
  std::vector<ReportRow> rows;
  for (const DetectPart& part : evaluation.parts) {
    rows.push_back({part.name, std::to_string(part.images), std::to_string(part.people),
                    FigureText(part.boxes.ap()), FigureText(part.boxes.ap50()),
                    FigureText(part.boxes.ap75()),
                    FigureText(part.boxes.arrays.MeanRecall(0, 0, 2))});
  }
  return rows;
}

const ReportRow kPartHead = {"camera", "images", "people", "AP", "AP50", "AP75", "recall at 0.5"};

//! Head and rows of the figures, recall at IoU 0.5 last.
std::pair<ReportRow, std::vector<ReportRow>> SummaryRows(const DetectEvaluation& evaluation) {
  auto [head, upright] = SummaryRow("upright", evaluation.upright);
  head.emplace_back("recall at 0.5");
  upright.push_back(FigureText(evaluation.recall50));
  std::vector<ReportRow> rows = {upright};
  if (evaluation.rotated) {
    ReportRow rotated = SummaryRow("rotated", *evaluation.rotated).second;
    rotated.push_back(FigureText(evaluation.rotated_recall50));
    rows.push_back(rotated);
  }
  return {head, rows};
}

std::string BoxPath(const RotatedBox& box, const char* kind, double line) {
  const double angle = box.degrees * std::numbers::pi / 180;
  const double c = std::cos(angle);
  const double s = std::sin(angle);
  const auto corner = [&](double x, double y) {
    return fmt::format("{:.1f} {:.1f}", box.cx + c * x - s * y, box.cy + s * x + c * y);
  };
  const double w = box.w / 2;
  const double h = box.h / 2;
  // The short stroke marks the head's side.
  return fmt::format(
      "<path class=\"{}\" fill=\"none\" stroke-width=\"{:.2f}\" d=\"M{}L{}L{}L{}ZM{}L{}\"/>", kind,
      line, corner(-w, -h), corner(w, -h), corner(w, h), corner(-w, h), corner(0, -h),
      corner(0, -h * 0.8));
}

std::string Picture(const DetectEvaluation& evaluation, const CocoTruth& truth,
                    const std::vector<CocoResult>& results, const DetectHtmlOptions& options,
                    std::size_t index, std::span<const std::uint32_t> people,
                    std::span<const std::uint32_t> found) {
  const CocoImage& image = truth.images[index];
  const std::filesystem::path file =
      options.file_of ? options.file_of(image) : std::filesystem::path();
  const HtmlPicture picture = file.empty() ? HtmlPicture() : ReadHtmlPicture(file, kPictureSide);
  double width = picture.width > 0 ? picture.width : image.width;
  double height = picture.height > 0 ? picture.height : image.height;
  if (width <= 0 || height <= 0) {
    // The truth does not say: as large as what is in it.
    width = height = 1;
    for (const std::uint32_t i : people) {
      const CocoBox& box = truth.people[i].box;
      width = std::max(width, box[0] + box[2]);
      height = std::max(height, box[1] + box[3]);
    }
  }
  const double line = std::max(width, height) / 220;
  std::string svg = fmt::format("<svg viewBox=\"0 0 {:.0f} {:.0f}\">", width, height);
  if (!picture.data_uri.empty()) {
    svg += fmt::format("<image width=\"{:.0f}\" height=\"{:.0f}\" href=\"{}\"/>", width, height,
                       picture.data_uri);
  }
  for (const std::uint32_t i : people) {
    const CocoPerson& person = truth.people[i];
    svg += BoxPath(AnyRotatedBox(person.rotated, person.box),
                   person.crowd || person.ignore ? "weak" : "truth", line);
  }
  for (const std::uint32_t i : found) {
    const CocoResult& result = results[i];
    if (result.score >= evaluation.point.score) {
      svg += BoxPath(AnyRotatedBox(result.rotated, result.box), "found", line);
    }
  }
  const ReportRow row = ImageCells(evaluation.images[index], truth);
  return fmt::format(
      "<figure>{}</svg><figcaption>{}: {} people, {} found, {} missed, {} mistakes, mean IoU "
      "{}</figcaption></figure>\n",
      svg, EscapeHtml(row[0]), row[1], row[2], row[3], row[4], row[5]);
}

}  // namespace

std::string DetectTables(const DetectEvaluation& evaluation, const CocoTruth& truth,
                         std::size_t worst) {
  const auto [head, rows] = SummaryRows(evaluation);
  std::string out = TextTable(head, rows) + "\n" +
                    PointText(evaluation.point, evaluation.images.size(), "IoU") + "\n";
  if (!evaluation.parts.empty()) {
    out += "\n" + TextTable(kPartHead, PartRows(evaluation));
  }
  if (worst > 0) {
    std::vector<ReportRow> images;
    for (const std::size_t image : WorstImages(evaluation.images, worst)) {
      images.push_back(ImageCells(evaluation.images[image], truth));
    }
    out += "\nWorst images\n" + TextTable(ImageHead("mean IoU"), images);
  }
  return out;
}

std::string DetectToJson(const DetectEvaluation& evaluation, const CocoTruth& truth) {
  std::string out = fmt::format(
      R"({{"format":"tenjo eval detect 1","images":{},"people":{},"upright":{},"rotated":{},)"
      R"("recall50":{{"upright":{},"rotated":{}}},"best_f1":{},)",
      evaluation.images.size(), evaluation.point.asked, SummaryJson(evaluation.upright),
      evaluation.rotated ? SummaryJson(*evaluation.rotated) : "null", evaluation.recall50,
      evaluation.rotated ? JsonNumber(evaluation.rotated_recall50) : "null",
      PointJson(evaluation.point));
  out += "\n\"parts\":[";
  for (std::size_t i = 0; i < evaluation.parts.size(); ++i) {
    const DetectPart& part = evaluation.parts[i];
    out += fmt::format(R"({}{{"name":{},"images":{},"people":{},"boxes":{}}})", i > 0 ? ",\n" : "",
                       JsonString(part.name), part.images, part.people, SummaryJson(part.boxes));
  }
  return out + "],\n\"per_image\":" + ImagesJson(evaluation.images, truth, "mean_iou") + "}\n";
}

std::string DetectToHtml(const DetectEvaluation& evaluation, const CocoTruth& truth,
                         const std::vector<CocoResult>& results, const DetectHtmlOptions& options) {
  const auto [head, rows] = SummaryRows(evaluation);
  std::string body =
      "<p>" + EscapeHtml(PointText(evaluation.point, evaluation.images.size(), "IoU")) + "</p>\n" +
      HtmlTable(head, rows) +
      PrecisionChart(evaluation.rotated ? evaluation.rotated->arrays : evaluation.upright.arrays,
                     "IoU");
  if (!evaluation.parts.empty()) {
    body += "<h2>By camera</h2>\n" + HtmlTable(kPartHead, PartRows(evaluation));
  }
  body +=
      "<h2>Worst images</h2>\n<p><span class=\"key\" style=\"background:#21d07a\"></span>truth"
      "<span class=\"key\" style=\"background:#ff8a1f\"></span>found from that score on; a short "
      "stroke marks the head's side</p>\n<div class=\"pictures\">\n";
  const ByImage people(truth, truth.people.size(),
                       [&](std::size_t i) { return truth.people[i].image_id; });
  const ByImage found(truth, results.size(), [&](std::size_t i) { return results[i].image_id; });
  for (const std::size_t image : WorstImages(evaluation.images, options.worst)) {
    body += Picture(evaluation, truth, results, options, image, people.Of(image), found.Of(image));
  }
  body += "</div>\n<h2>By image</h2>\n";
  constexpr std::size_t kMostRows = 1000;
  std::vector<ReportRow> images;
  for (const std::size_t image : WorstImages(evaluation.images, kMostRows)) {
    images.push_back(ImageCells(evaluation.images[image], truth));
  }
  return HtmlPage(options.title, body + HtmlTable(ImageHead("mean IoU"), images));
}

}  // namespace tenjo
