#pragma once

#include <array>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tenjo {

//! Pieces of reports that are one file each: nothing is loaded from elsewhere.

//! Text in JSON's quotes.
std::string JsonString(std::string_view text);
//! A number as JSON has it; null for NaN and infinite ones.
std::string JsonNumber(double value);

//! A whole page.
std::string HtmlPage(const std::string& title, const std::string& body);

//! A table; the first column is text, the others are numbers. Cells are escaped.
std::string HtmlTable(const std::vector<std::string>& head,
                      const std::vector<std::vector<std::string>>& rows);

struct HtmlCurve {
  std::string name;
  std::vector<std::pair<double, double>> points;  //!< 0..1 each
};
//! A chart with both axes from 0 to 1.
std::string HtmlChart(const std::string& x, const std::string& y,
                      const std::vector<HtmlCurve>& curves);

struct HtmlPicture {
  std::string data_uri;  //!< JPEG; empty: could not be read
  int width = 0;         //!< of the file
  int height = 0;
};
//! The file, made smaller so that no side exceeds `most_px`.
HtmlPicture ReadHtmlPicture(const std::filesystem::path& path, int most_px);

//! The table's columns padded, two blanks between, the first to the left, others to the right.
std::string TextTable(const std::vector<std::string>& head,
                      const std::vector<std::vector<std::string>>& rows);

}  // namespace tenjo
