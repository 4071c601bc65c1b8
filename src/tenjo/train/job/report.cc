#include "tenjo/train/job/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <map>
#include <opencv2/imgcodecs.hpp>
#include <string_view>

#include "tenjo/base/atomic_file.h"
#include "tenjo/base/markup.h"

namespace tenjo {
namespace {

constexpr double kWidth = 720;
constexpr double kHeight = 260;
constexpr double kLeft = 64;
constexpr double kBottom = 30;
constexpr double kTop = 10;
constexpr double kRight = 12;
constexpr std::size_t kMostPoints = 1000;
constexpr std::array<const char*, 6> kColours = {"#0b6e99", "#c0392b", "#27803b",
                                                 "#8e44ad", "#b9770e", "#555555"};

struct Curve {
  std::string name;
  std::vector<std::pair<double, double>> points;
};

// Means of neighbours, so that a long training draws in a page of reasonable size.
Curve Thinned(const Curve& curve) {
  if (curve.points.size() <= kMostPoints) {
    return curve;
  }
  Curve thin{curve.name, {}};
  const std::size_t group = (curve.points.size() + kMostPoints - 1) / kMostPoints;
  for (std::size_t i = 0; i < curve.points.size(); i += group) {
    const std::size_t end = std::min(i + group, curve.points.size());
    double sum = 0;
    for (std::size_t j = i; j < end; ++j) {
      sum += curve.points[j].second;
    }
    thin.points.emplace_back(curve.points[end - 1].first, sum / static_cast<double>(end - i));
  }
  return thin;
}

// 1, 2 or 5 times a power of ten: about `count` of them in the span.
double NiceStep(double span, int count) {
  const double raw = span / count;
  const double power = std::pow(10, std::floor(std::log10(raw)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (factor * power >= raw) {
      return factor * power;
    }
  }
  return 10 * power;
}

struct Span {
  double low = 0;
  double high = 1;
};

Span SpanOf(const std::vector<Curve>& curves, bool x) {
  Span span{INFINITY, -INFINITY};
  for (const Curve& curve : curves) {
    for (const auto& [px, py] : curve.points) {
      const double value = x ? px : py;
      if (std::isfinite(value)) {
        span.low = std::min(span.low, value);
        span.high = std::max(span.high, value);
      }
    }
  }
  if (!(span.low <= span.high)) {
    return {0, 1};
  }
  return span.low == span.high ? Span{span.low, span.low + 1} : span;
}

std::string Axes(const Span& xs, const Span& ys) {
  std::string svg;
  const double right = kWidth - kRight;
  const double bottom = kHeight - kBottom;
  const auto place = [](double value, const Span& span, double from, double to) {
    return from + (value - span.low) / (span.high - span.low) * (to - from);
  };
  const double y_step = NiceStep(ys.high - ys.low, 5);
  for (double y = std::ceil(ys.low / y_step) * y_step; y <= ys.high + 1e-9 * y_step; y += y_step) {
    const double at = place(y, ys, bottom, kTop);
    svg += fmt::format(
        "<line x1='{}' x2='{}' y1='{:.1f}' y2='{:.1f}' class='grid'/>"
        "<text x='{}' y='{:.1f}' text-anchor='end'>{:.4g}</text>",
        kLeft, right, at, at, kLeft - 6, at + 4, std::abs(y) < 1e-9 * y_step ? 0 : y);
  }
  const double x_step = NiceStep(xs.high - xs.low, 6);
  for (double x = std::ceil(xs.low / x_step) * x_step; x <= xs.high + 1e-9 * x_step; x += x_step) {
    svg += fmt::format("<text x='{:.1f}' y='{}' text-anchor='middle'>{:.6g}</text>",
                       place(x, xs, kLeft, right), kHeight - 8, x);
  }
  return svg;
}

std::string Chart(const std::string& title, const std::vector<Curve>& all) {
  std::vector<Curve> curves;
  for (const Curve& curve : all) {
    if (!curve.points.empty()) {
      curves.push_back(Thinned(curve));
    }
  }
  if (curves.empty()) {
    return {};
  }
  const Span xs = SpanOf(curves, true);
  const Span ys = SpanOf(curves, false);
  std::string svg =
      fmt::format("<h2>{}</h2><svg viewBox='0 0 {} {}'>", EscapeHtml(title), kWidth, kHeight);
  svg += Axes(xs, ys);
  std::string names;
  for (std::size_t c = 0; c < curves.size(); ++c) {
    const char* colour = kColours[c % kColours.size()];
    std::string points;
    for (const auto& [x, y] : curves[c].points) {
      if (std::isfinite(y)) {
        points += fmt::format(
            "{:.1f},{:.1f} ", kLeft + (x - xs.low) / (xs.high - xs.low) * (kWidth - kRight - kLeft),
            kHeight - kBottom - (y - ys.low) / (ys.high - ys.low) * (kHeight - kBottom - kTop));
      }
    }
    svg += fmt::format("<polyline points='{}' style='stroke:{}'/>", points, colour);
    names += fmt::format("<span style='color:{}'>&#9632; {}</span> ", colour,
                         EscapeHtml(curves[c].name));
  }
  return svg + "</svg><p>" + names + "</p>\n";
}

std::vector<Curve> LossCurves(const TrainReport& report) {
  Curve total{"loss", {}};
  std::vector<Curve> stages;
  const auto add = [&](std::initializer_list<std::pair<const char*, double>> parts, double x) {
    stages.resize(parts.size());
    std::size_t i = 0;
    for (const auto& [name, value] : parts) {
      stages[i].name = name;
      stages[i++].points.emplace_back(x, value);
    }
  };
  for (const StepMetrics& m : report.steps) {
    const auto x = static_cast<double>(m.step);
    total.points.emplace_back(x, m.loss);
    if (m.classification >= 0) {
      add({{"classification", m.classification}, {"triplet", m.triplet}, {"contrast", m.contrast}},
          x);
    }
    if (m.places >= 0) {
      add({{"places", m.places}, {"seen", m.seen}, {"person", m.person}}, x);
    }
    for (std::size_t s = 0; s < m.heatmaps.size(); ++s) {
      if (stages.size() < 2 * (s + 1)) {
        stages.push_back({fmt::format("heatmaps, stage {}", s), {}});
        stages.push_back({fmt::format("pafs, stage {}", s), {}});
      }
      stages[2 * s].points.emplace_back(x, m.heatmaps[s]);
      if (s < m.pafs.size()) {
        stages[2 * s + 1].points.emplace_back(x, m.pafs[s]);
      }
    }
  }
  stages.insert(stages.begin(), total);
  Curve centres{"centres", {}};
  Curve boxes{"boxes", {}};
  Curve hints{"hints", {}};
  for (const StepMetrics& m : report.steps) {
    if (m.hints >= 0) {
      hints.points.emplace_back(static_cast<double>(m.step), m.hints);
    }
    if (m.centres >= 0) {
      centres.points.emplace_back(static_cast<double>(m.step), m.centres);
      boxes.points.emplace_back(static_cast<double>(m.step), m.boxes);
    }
  }
  stages.push_back(std::move(centres));
  stages.push_back(std::move(boxes));
  stages.push_back(std::move(hints));
  return stages;
}

enum class Figure { kKeypoints, kBoxes, kLoss };

std::vector<Curve> ValidationCurves(const TrainReport& report, Figure figure) {
  std::map<std::string, Curve> curves;
  for (const ValidationMetrics& m : report.validations) {
    const auto add = [&](const std::string& word, double value) {
      Curve& curve = curves[m.set + "\n" + word];
      curve.name = word + ", " + m.set;
      curve.points.emplace_back(static_cast<double>(m.step), value);
    };
    if (figure == Figure::kLoss) {
      add("loss", m.loss);
      continue;
    }
    const bool looks = m.rank1 >= 0;
    const double ap = figure == Figure::kKeypoints ? m.ap : m.box_ap;
    if (ap >= 0) {
      add(looks ? "mAP" : "AP", ap);
      add(looks ? "rank-1" : "AP50",
          looks ? m.rank1 : (figure == Figure::kKeypoints ? m.ap50 : m.box_ap50));
    }
  }
  std::vector<Curve> list;
  list.reserve(curves.size());
  for (auto& [set, curve] : curves) {
    list.push_back(std::move(curve));
  }
  return list;
}

std::string Pictures(const TrainReport& report) {
  std::string html;
  for (const auto& [caption, picture] : report.pictures) {
    std::vector<std::uint8_t> bytes;
    cv::imencode(".jpg", picture, bytes, {cv::IMWRITE_JPEG_QUALITY, 85});
    html += fmt::format(
        "<figure><img src='data:image/jpeg;base64,{}' width='{}' height='{}' alt=''>"
        "<figcaption>{}</figcaption></figure>\n",
        Base64(bytes), picture.cols, picture.rows, EscapeHtml(caption));
  }
  return html.empty() ? html : "<h2>What the best network finds</h2><div>" + html + "</div>";
}

constexpr std::string_view kStyle =
    "body{font:15px/1.45 system-ui,sans-serif;max-width:980px;margin:2em auto;padding:0 1em;"
    "color:#222}svg{width:100%;height:auto}svg text{font-size:11px;fill:#555}.grid{stroke:#ddd}"
    "polyline{fill:none;stroke-width:1.6}td{padding:1px 14px 1px 0}figure{display:inline-block;"
    "margin:4px}figcaption{font-size:12px;color:#555}pre{background:#f5f5f5;padding:1em;"
    "overflow:auto}";

}  // namespace

void WriteTrainReport(const TrainReport& report, const std::filesystem::path& path) {
  std::string html = fmt::format(
      "<!doctype html><html lang='en'><meta charset='utf-8'><title>{}</title><style>{}</style>"
      "<h1>{}</h1><table>",
      EscapeHtml(report.title), kStyle, EscapeHtml(report.title));
  for (const auto& [name, value] : report.facts) {
    html += fmt::format("<tr><td>{}</td><td>{}</td></tr>", EscapeHtml(name), EscapeHtml(value));
  }
  html += "</table>\n";
  html += Chart("Loss of training", LossCurves(report));
  html += Chart("Average precision", ValidationCurves(report, Figure::kKeypoints));
  html += Chart("Average precision of people's boxes", ValidationCurves(report, Figure::kBoxes));
  html += Chart("Loss of validation", ValidationCurves(report, Figure::kLoss));
  Curve rate{"learning rate", {}};
  for (const StepMetrics& m : report.steps) {
    rate.points.emplace_back(static_cast<double>(m.step), m.rate);
  }
  html += Chart("Learning rate", {rate});
  html += Pictures(report);
  html += "<h2>Recipe</h2><pre>" + EscapeHtml(report.recipe) + "</pre></html>\n";
  WriteFile(path, html);
}

}  // namespace tenjo
