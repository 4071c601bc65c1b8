#include "tenjo/dataset/mot.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <tuple>

#include "tenjo/base/atomic_file.h"
#include "tenjo/base/error.h"
#include "tenjo/base/text.h"

namespace tenjo {
namespace {

constexpr std::size_t kLeastColumns = 6;
constexpr std::size_t kColumns = 7;
constexpr std::array<const char*, kColumns> kColumnNames = {"frame", "id",     "x",    "y",
                                                            "width", "height", "score"};
constexpr double kLargest = 1e9;
constexpr double kLeastSide = 1e-6;

// A piece of the file, short and without anything that would break a line or a terminal.
std::string Quote(std::string_view text) {
  constexpr std::size_t kMost = 40;
  std::string quoted = "\"";
  for (const char c : text.substr(0, kMost)) {
    quoted += c >= ' ' && c <= '~' ? c : '?';
  }
  return quoted + (text.size() > kMost ? "…\"" : "\"");
}

class Parser {
 public:
  Parser(std::string_view text, std::string_view name) : text_(text), name_(name) {}

  MotFile Parse() {
    constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
    if (text_.starts_with(kByteOrderMark)) {
      text_.remove_prefix(kByteOrderMark.size());
    }
    MotFile file;
    while (!text_.empty()) {
      ++line_;
      const std::string_view line = Trim(NextLine());
      if (line.empty()) {
        continue;
      }
      MotBox box = ParseLine(line);
      box.row = file.rows++;
      if (box.box.w < kLeastSide || box.box.h < kLeastSide) {
        ++file.empty_boxes;
        continue;
      }
      file.sorted = file.sorted || (!file.boxes.empty() && box.frame < file.boxes.back().frame);
      file.boxes.push_back(box);
    }
    return file;
  }

 private:
  [[noreturn]] void Fail(const std::string& what) const {
    throw Error(fmt::format("{}, line {}: {}", name_, line_, what));
  }

  std::string_view NextLine() {
    const std::size_t end = text_.find_first_of("\r\n");
    const std::string_view line = text_.substr(0, end);
    if (end == std::string_view::npos) {
      text_ = {};
    } else {
      text_.remove_prefix(end + (text_.substr(end).starts_with("\r\n") ? 2 : 1));
    }
    return line;
  }

  MotBox ParseLine(std::string_view line) const {
    // Only the columns that are read are cut out, however long the line is.
    std::array<std::string_view, kColumns> columns;
    std::size_t count = 0;
    while (count < kColumns) {
      const std::size_t end = line.find(',');
      columns[count++] = Trim(line.substr(0, end));
      if (end == std::string_view::npos) {
        break;
      }
      line.remove_prefix(end + 1);
    }
    if (count < kLeastColumns) {
      // A line of words is best told by its first word.
      Number(columns[0], 0);
      Fail(
          fmt::format("there are {} columns and must be at least 6, separated by commas: "
                      "frame, id, x, y, width, height",
                      count));
    }
    MotBox box;
    box.frame = Whole(columns[0], 0);
    box.id = Whole(columns[1], 1);
    box.box = {Number(columns[2], 2), Number(columns[3], 3), Number(columns[4], 4),
               Number(columns[5], 5)};
    if (count == kColumns) {
      box.score = Number(columns[6], 6);
    }
    if (box.frame < 1) {
      Fail(fmt::format("the frame is {} and must be 1 or more", box.frame));
    }
    return box;
  }

  double Value(std::string_view text, std::size_t column) const {
    const std::optional<double> value = ParseDouble(text);
    if (!value) {
      Fail(fmt::format("the {} must be a number and is {}", kColumnNames[column], Quote(text)));
    }
    if (!std::isfinite(*value)) {
      Fail(fmt::format("the {} must be a finite number and is {}", kColumnNames[column],
                       Quote(text)));
    }
    return *value;
  }

  double Number(std::string_view text, std::size_t column) const {
    const double value = Value(text, column);
    if (std::abs(value) > kLargest) {
      Fail(fmt::format("the {} must be from -1e9 to 1e9 and is {}", kColumnNames[column],
                       Quote(text)));
    }
    return value;
  }

  // Tables saved by other programs hold whole numbers as 1.0 or 1.000000e+00 too.
  std::int64_t Whole(std::string_view text, std::size_t column) const {
    const double value = Value(text, column);
    if (value != std::floor(value)) {
      Fail(fmt::format("the {} must be a whole number and is {}", kColumnNames[column],
                       Quote(text)));
    }
    if (std::abs(value) > static_cast<double>(kMaxMotFrame)) {
      Fail(fmt::format("the {} must not be beyond {} and is {}", kColumnNames[column], kMaxMotFrame,
                       Quote(text)));
    }
    return static_cast<std::int64_t>(value);
  }

  std::string_view text_;
  std::string_view name_;
  std::size_t line_ = 0;
};

// Leaves out boxes that an equal one with a higher score (or the same, and earlier) stands for.
std::size_t RemoveRepeated(std::vector<MotBox>& boxes) {
  std::vector<std::size_t> order(boxes.size());
  for (std::size_t i = 0; i < order.size(); ++i) {
    order[i] = i;
  }
  const auto place = [&](std::size_t i) {
    const MotBox& b = boxes[i];
    return std::tuple(b.frame, b.id, b.box.x, b.box.y, b.box.w, b.box.h);
  };
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return std::tuple(place(a), -boxes[a].score, a) < std::tuple(place(b), -boxes[b].score, b);
  });
  std::vector<char> repeated(boxes.size(), 0);
  std::size_t count = 0;
  for (std::size_t i = 1; i < order.size(); ++i) {
    if (place(order[i]) == place(order[i - 1])) {
      repeated[order[i]] = 1;
      ++count;
    }
  }
  if (count > 0) {
    std::vector<MotBox> kept;
    for (std::size_t i = 0; i < boxes.size(); ++i) {
      if (repeated[i] == 0) {
        kept.push_back(boxes[i]);
      }
    }
    boxes = std::move(kept);
  }
  return count;
}

std::string Lines(std::size_t count) {
  return count == 1 ? std::string("1 line") : fmt::format("{} lines", count);
}

}  // namespace

bool MotBox::operator==(const MotBox& other) const {
  return std::tie(frame, id, box.x, box.y, box.w, box.h, score) ==
         std::tie(other.frame, other.id, other.box.x, other.box.y, other.box.w, other.box.h,
                  other.score);
}

MotFile ParseMot(std::string_view text, std::string_view name) {
  MotFile file = Parser(text, name).Parse();
  std::stable_sort(file.boxes.begin(), file.boxes.end(),
                   [](const MotBox& a, const MotBox& b) { return a.frame < b.frame; });
  file.repeated = RemoveRepeated(file.boxes);
  if (file.boxes.empty()) {
    file.warnings.push_back(fmt::format("{}: there are no boxes in it", name));
  }
  if (file.sorted) {
    file.warnings.push_back(fmt::format("{}: frames were out of order and have been sorted", name));
  }
  if (file.empty_boxes > 0) {
    file.warnings.push_back(
        fmt::format("{}: {} left out: the box has no size", name, Lines(file.empty_boxes)));
  }
  if (file.repeated > 0) {
    file.warnings.push_back(
        fmt::format("{}: {} left out: the same box is already there", name, Lines(file.repeated)));
  }
  return file;
}

MotFile ReadMot(const std::filesystem::path& path) {
  return ParseMot(ReadFile(path), path.string());
}

std::string FormatMotLine(const MotBox& box) {
  return fmt::format("{},{},{:.2f},{:.2f},{:.2f},{:.2f},{:.6g},-1,-1,-1\n", box.frame, box.id,
                     box.box.x, box.box.y, box.box.w, box.box.h, box.score);
}

}  // namespace tenjo
