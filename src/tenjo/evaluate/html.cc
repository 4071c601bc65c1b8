#include "tenjo/evaluate/html.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include "tenjo/base/markup.h"

namespace tenjo {
namespace {

constexpr const char* kStyle = R"(
:root{color-scheme:light dark;--line:#8884;--soft:#8882}
body{font:15px/1.45 system-ui,sans-serif;margin:2rem auto;max-width:1150px;padding:0 1rem}
h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2.2rem}
table{border-collapse:collapse;margin:.6rem 0;font-variant-numeric:tabular-nums}
th,td{padding:.22rem .7rem;border-bottom:1px solid var(--line);text-align:right}
th:first-child,td:first-child{text-align:left}
tbody tr:hover{background:var(--soft)}
.pictures{display:grid;grid-template-columns:repeat(auto-fill,minmax(330px,1fr));gap:1rem}
figure{margin:0}figure svg{width:100%;height:auto;background:#777;border-radius:4px}
figcaption{font-size:.85rem;margin-top:.2rem;overflow-wrap:anywhere}
.scroll{overflow-x:auto;max-height:32rem;overflow-y:auto}
.truth{stroke:#21d07a}.found{stroke:#ff8a1f}.weak{stroke:#ff8a1f;opacity:.35}
.key{display:inline-block;width:1.6em;height:.5em;margin:0 .3em 0 .9em;border-radius:2px}
.chart text{fill:currentColor;font-size:12px}.chart .axis{stroke:currentColor;opacity:.35}
)";

constexpr std::array<const char*, 6> kColours = {"#1f8fff", "#ff8a1f", "#21b06a",
                                                 "#d0457a", "#8a6bd8", "#888"};

//! Characters, not bytes, of UTF-8.
std::size_t Width(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

}  // namespace

std::string JsonString(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned char>(c));
    } else {
      out += c;
    }
  }
  return out + '"';
}

std::string JsonNumber(double value) {
  return std::isfinite(value) ? fmt::format("{}", value) : std::string("null");
}

std::string HtmlPage(const std::string& title, const std::string& body) {
  return fmt::format(
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
      "<title>{0}</title><style>{1}</style></head>\n<body><h1>{0}</h1>\n{2}</body></html>\n",
      EscapeHtml(title), kStyle, body);
}

std::string HtmlTable(const std::vector<std::string>& head,
                      const std::vector<std::vector<std::string>>& rows) {
  std::string out = "<div class=\"scroll\"><table><thead><tr>";
  for (const std::string& cell : head) {
    out += "<th>" + EscapeHtml(cell) + "</th>";
  }
  out += "</tr></thead><tbody>\n";
  for (const auto& row : rows) {
    out += "<tr>";
    for (const std::string& cell : row) {
      out += "<td>" + EscapeHtml(cell) + "</td>";
    }
    out += "</tr>\n";
  }
  return out + "</tbody></table></div>\n";
}

std::string HtmlChart(const std::string& x, const std::string& y,
                      const std::vector<HtmlCurve>& curves) {
  constexpr double kLeft = 45;
  constexpr double kTop = 12;
  constexpr double kWidth = 400;
  constexpr double kHeight = 260;
  std::string out = "<svg class=\"chart\" width=\"620\" viewBox=\"0 0 620 325\">\n";
  const auto to = std::back_inserter(out);
  for (int i = 0; i <= 5; ++i) {
    const double px = kLeft + kWidth * i / 5;
    const double py = kTop + kHeight * (5 - i) / 5;
    fmt::format_to(to,
                   "<path class=\"axis\" d=\"M{0} {1}V{2}M{3} {4}H{5}\"/><text x=\"{0}\" "
                   "y=\"{6}\" text-anchor=\"middle\">{7:.1f}</text><text x=\"{8}\" y=\"{9}\" "
                   "text-anchor=\"end\">{7:.1f}</text>\n",
                   px, kTop, kTop + kHeight, kLeft, py, kLeft + kWidth, kTop + kHeight + 16,
                   i / 5.0, kLeft - 6, py + 4);
  }
  fmt::format_to(to, "<text x=\"{}\" y=\"{}\" text-anchor=\"middle\">{}</text>", kLeft + kWidth / 2,
                 kTop + kHeight + 34, EscapeHtml(x));
  fmt::format_to(
      to, "<text transform=\"translate(12 {}) rotate(-90)\" text-anchor=\"middle\">{}</text>\n",
      kTop + kHeight / 2, EscapeHtml(y));
  for (std::size_t c = 0; c < curves.size(); ++c) {
    const char* colour = kColours[c % kColours.size()];
    out += "<polyline fill=\"none\" stroke-width=\"2\" stroke=\"" + std::string(colour) +
           "\" points=\"";
    for (const auto& [px, py] : curves[c].points) {
      fmt::format_to(to, "{:.1f},{:.1f} ", kLeft + kWidth * px, kTop + kHeight * (1 - py));
    }
    const double line = kTop + 14 + 18 * static_cast<double>(c);
    fmt::format_to(to,
                   "\"/><rect x=\"{0}\" y=\"{1}\" width=\"14\" height=\"4\" fill=\"{2}\"/><text "
                   "x=\"{3}\" y=\"{4}\">{5}</text>\n",
                   kLeft + kWidth + 15, line - 6, colour, kLeft + kWidth + 34, line,
                   EscapeHtml(curves[c].name));
  }
  return out + "</svg>\n";
}

HtmlPicture ReadHtmlPicture(const std::filesystem::path& path, int most_px) {
  HtmlPicture picture;
  cv::Mat image;
  try {
    image = cv::imread(path.string(), cv::IMREAD_COLOR | cv::IMREAD_IGNORE_ORIENTATION);
  } catch (const cv::Exception&) {
    return picture;
  }
  if (image.empty()) {
    return picture;
  }
  picture.width = image.cols;
  picture.height = image.rows;
  const double scale = static_cast<double>(most_px) / std::max(image.cols, image.rows);
  if (scale < 1) {
    cv::resize(image, image, {}, scale, scale, cv::INTER_AREA);
  }
  std::vector<unsigned char> bytes;
  cv::imencode(".jpg", image, bytes, {cv::IMWRITE_JPEG_QUALITY, 82});
  picture.data_uri = "data:image/jpeg;base64," + Base64(bytes);
  return picture;
}

std::string TextTable(const std::vector<std::string>& head,
                      const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths(head.size());
  const auto widen = [&](const std::vector<std::string>& row) {
    for (std::size_t c = 0; c < row.size(); ++c) {
      widths[c] = std::max(widths[c], Width(row[c]));
    }
  };
  widen(head);
  for (const auto& row : rows) {
    widen(row);
  }
  std::string out;
  const auto append = [&](const std::vector<std::string>& row) {
    for (std::size_t c = 0; c < row.size(); ++c) {
      const std::string blanks(widths[c] - Width(row[c]), ' ');
      out += c == 0 ? row[c] + blanks : "  " + blanks + row[c];
    }
    out.erase(out.find_last_not_of(' ') + 1);
    out += '\n';
  };
  append(head);
  for (const auto& row : rows) {
    append(row);
  }
  return out;
}

}  // namespace tenjo
