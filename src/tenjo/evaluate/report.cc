#include "tenjo/evaluate/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "tenjo/evaluate/html.h"

namespace tenjo {

std::string FigureText(double value) {
  return value < 0 ? std::string("-") : fmt::format("{:.3f}", value);
}

std::pair<ReportRow, ReportRow> SummaryRow(const std::string& name, const CocoSummary& summary) {
  ReportRow head = {""};
  ReportRow row = {name};
  for (const CocoSummary::Figure& figure : summary.figures) {
    head.push_back(figure.name);
    row.push_back(FigureText(figure.value));
  }
  return {head, row};
}

std::string SummaryJson(const CocoSummary& summary) {
  std::string out = "{";
  for (const CocoSummary::Figure& figure : summary.figures) {
    out += fmt::format("{}{}:{}", out.size() > 1 ? "," : "", JsonString(figure.name),
                       JsonNumber(figure.value));
  }
  return out + "}";
}

std::string PointText(const OperatingPoint& point, std::size_t images, const std::string& like) {
  return fmt::format(
      "{} people asked for in {} images. From score {:.4g} on (best F1 at {} 0.5): precision "
      "{:.3f}, recall {:.3f}, F1 {:.3f}",
      point.asked, images, point.score, like, point.precision, point.recall, point.f1);
}

std::string PointJson(const OperatingPoint& point) {
  return fmt::format(R"({{"score":{},"precision":{},"recall":{},"f1":{}}})",
                     JsonNumber(point.score), JsonNumber(point.precision), JsonNumber(point.recall),
                     JsonNumber(point.f1));
}

ReportRow ImageHead(const std::string& like) {
  return {"image", "people", "found", "missed", "mistakes", like};
}

ReportRow ImageCells(const ImageRow& row, const CocoTruth& truth) {
  return {ImageName(truth.images[row.image]), std::to_string(row.people),
          std::to_string(row.found),          std::to_string(row.missed()),
          std::to_string(row.mistakes),       row.found > 0 ? FigureText(row.mean_likeness) : "-"};
}

std::string ImagesJson(const std::vector<ImageRow>& rows, const CocoTruth& truth,
                       const std::string& like) {
  std::string out = "[";
  for (const ImageRow& row : rows) {
    const CocoImage& image = truth.images[row.image];
    fmt::format_to(std::back_inserter(out),
                   R"({}{{"id":{},"file_name":{},"people":{},"found":{},"missed":{},)"
                   R"("mistakes":{},"{}":{}}})",
                   out.size() > 1 ? ",\n" : "", image.id, JsonString(image.file_name), row.people,
                   row.found, row.missed(), row.mistakes, like, row.mean_likeness);
  }
  return out + "]";
}

std::string PrecisionChart(const ApArrays& arrays, const std::string& like) {
  std::vector<HtmlCurve> curves;
  const std::vector<double> recalls = RecallThresholds();
  const std::size_t m = arrays.params.max_detections.size() - 1;
  for (const std::size_t t : {0, 5, 8}) {
    HtmlCurve curve;
    curve.name = fmt::format("{} {:.2f}", like, arrays.params.thresholds[t]);
    for (std::size_t r = 0; r < kNumRecalls; ++r) {
      const double precision = arrays.precision[arrays.PrecisionIndex(t, r, 0, m)];
      curve.points.emplace_back(recalls[r], std::max(precision, 0.0));
    }
    curves.push_back(std::move(curve));
  }
  return HtmlChart("recall", "precision", curves);
}

}  // namespace tenjo
