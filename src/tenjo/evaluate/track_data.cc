#include "tenjo/evaluate/track_data.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <set>

#include "tenjo/base/atomic_file.h"
#include "tenjo/base/error.h"
#include "tenjo/base/text.h"
#include "tenjo/evaluate/mapped_file.h"

namespace tenjo {
namespace {

namespace fs = std::filesystem;

constexpr double kLargest = 1e9;
constexpr std::size_t kLeastColumns = 6;
constexpr std::array<const char*, 8> kColumns = {"frame", "id",     "x",    "y",
                                                 "width", "height", "mark", "class"};

class RowParser {
 public:
  RowParser(std::string_view text, std::string name, bool truth)
      : at_(text.data()), end_(text.data() + text.size()), name_(std::move(name)), truth_(truth) {
    if (text.starts_with("\xEF\xBB\xBF")) {
      at_ += 3;
    }
  }

  std::vector<TrackRow> Parse() {
    std::vector<TrackRow> rows;
    rows.reserve(static_cast<std::size_t>(end_ - at_) / 32);
    while (at_ < end_) {
      ++line_;
      SkipBlanks();
      if (at_ < end_ && *at_ != '\n') {
        rows.push_back(ParseLine());
        lines_.push_back(line_);
      }
      while (at_ < end_ && *at_ != '\n') {
        ++at_;
      }
      at_ += at_ < end_ ? 1 : 0;
    }
    Sort(rows);
    return rows;
  }

 private:
  [[noreturn]] void Fail(std::size_t line, const std::string& what) const {
    throw Error(fmt::format("{}, line {}: {}", name_, line, what));
  }

  void SkipBlanks() {
    while (at_ < end_ && (*at_ == ' ' || *at_ == '\t' || *at_ == '\r')) {
      ++at_;
    }
  }

  TrackRow ParseLine() {
    std::array<double, 8> values = {0, 0, 0, 0, 0, 0, 1, -1};
    std::size_t count = 0;
    while (count < values.size()) {
      values[count] = ParseValue(count);
      ++count;
      SkipBlanks();
      if (at_ < end_ && *at_ == ',') {
        ++at_;
        SkipBlanks();
        if (at_ == end_ || *at_ == '\n') {
          break;  // a comma at the line's end
        }
      } else if (at_ == end_ || *at_ == '\n') {
        break;
      }
    }
    if (count < kLeastColumns) {
      Fail(line_, fmt::format("there are {} columns and must be at least 6: frame, id, x, y, "
                              "width, height",
                              count));
    }
    TrackRow row;
    row.frame = Whole(values[0], 0);
    row.id = Whole(values[1], 1);
    row.x = values[2];
    row.y = values[3];
    row.w = values[4];
    row.h = values[5];
    if (row.frame < 1) {
      Fail(line_, fmt::format("the frame is {} and must be 1 or more", row.frame));
    }
    if (row.id < 0) {
      Fail(line_, fmt::format("the id is {}: these are detections, and tracks are needed", row.id));
    }
    if (truth_) {
      // Cut, not rounded, as TrackEval does.
      row.counts = static_cast<std::int64_t>(values[6]) != 0;
      row.kind = static_cast<int>(values[7]);
      const auto rest = std::string_view(at_, static_cast<std::size_t>(end_ - at_));
      const auto line = rest.substr(0, rest.find('\n'));
      const auto more = std::count(line.begin(), line.end(), ',');
      row.classed = count == values.size() && more == 0 && row.kind == values[7] && row.kind > 0;
    }
    return row;
  }

  double ParseValue(std::size_t column) {
    const char* start = at_ + (at_ < end_ && *at_ == '+' ? 1 : 0);
    double value = 0;
    const auto [stop, error] = std::from_chars(start, end_, value);
    if (error != std::errc() || !std::isfinite(value) || std::abs(value) > kLargest ||
        (stop < end_ && *stop != ',' && *stop != ' ' && *stop != '\t' && *stop != '\r' &&
         *stop != '\n')) {
      Fail(line_, fmt::format("the {} must be a number from -1e9 to 1e9", kColumns[column]));
    }
    at_ = stop;
    return value;
  }

  std::int64_t Whole(double value, std::size_t column) const {
    if (value != std::floor(value)) {
      Fail(line_, fmt::format("the {} must be a whole number", kColumns[column]));
    }
    return static_cast<std::int64_t>(value);
  }

  void Sort(std::vector<TrackRow>& rows) const {
    const auto earlier = [](const TrackRow& a, const TrackRow& b) { return a.frame < b.frame; };
    const bool sorted = std::is_sorted(rows.begin(), rows.end(), earlier);
    if (!sorted) {
      std::stable_sort(rows.begin(), rows.end(), earlier);
    }
    std::vector<std::int64_t> ids;
    for (std::size_t begin = 0; begin < rows.size();) {
      std::size_t end = begin;
      ids.clear();
      for (; end < rows.size() && rows[end].frame == rows[begin].frame; ++end) {
        ids.push_back(rows[end].id);
      }
      std::sort(ids.begin(), ids.end());
      if (const auto twice = std::adjacent_find(ids.begin(), ids.end()); twice != ids.end()) {
        const std::string what =
            fmt::format("the id {} is there twice in frame {}", *twice, rows[begin].frame);
        if (sorted) {
          Fail(lines_[end - 1], what);
        }
        throw Error(fmt::format("{}: {}", name_, what));
      }
      begin = end;
    }
  }

  const char* at_;
  const char* end_;
  std::string name_;
  bool truth_;
  std::size_t line_ = 0;
  std::vector<std::size_t> lines_;
};

fs::path FirstThere(std::initializer_list<fs::path> files) {
  for (const fs::path& file : files) {
    if (fs::is_regular_file(file)) {
      return file;
    }
  }
  return {};
}

//! Names of sequences whose truth is in a folder, sorted: its folders or, without any, its files.
std::vector<std::string> SequenceNames(const fs::path& folder) {
  std::set<std::string> folders;
  std::set<std::string> marked;
  std::set<std::string> files;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const fs::path& path = entry.path();
    const std::string name = path.filename().string();
    if (entry.is_directory()) {
      if (!FirstThere({path / "gt" / "gt.txt", path / "gt.txt"}).empty()) {
        folders.insert(name);
      }
    } else if (name.ends_with(".gt.txt")) {
      marked.insert(name.substr(0, name.size() - 7));
    } else if (path.extension() == ".txt") {
      files.insert(path.stem().string());
    }
  }
  const auto& names = !folders.empty() ? folders : !marked.empty() ? marked : files;
  return {names.begin(), names.end()};
}

//! seqLength of a seqinfo.ini; 0 without one.
std::int64_t LengthFromIni(const fs::path& path) {
  if (!fs::is_regular_file(path)) {
    return 0;
  }
  const std::string text = ReadFile(path);
  for (const std::string_view line : Split(text, '\n')) {
    const auto equals = line.find('=');
    if (equals == std::string_view::npos || Trim(line.substr(0, equals)) != "seqLength") {
      continue;
    }
    const auto length = ParseInt(line.substr(equals + 1));
    if (!length || *length < 1) {
      throw Error(fmt::format("{}: seqLength must be a whole number above 0", path.string()));
    }
    return *length;
  }
  throw Error(fmt::format("{} has no seqLength", path.string()));
}

TrackSequence ReadSequence(const std::string& name, const fs::path& truth, const fs::path& tracks,
                           std::int64_t length) {
  TrackSequence sequence;
  sequence.name = name;
  sequence.truth = ReadTrackRows(truth, true);
  sequence.tracks = ReadTrackRows(tracks, false);
  const auto last = [](const std::vector<TrackRow>& rows) {
    return rows.empty() ? 0 : rows.back().frame;
  };
  sequence.frames = length > 0 ? length : std::max(last(sequence.truth), last(sequence.tracks));
  for (const auto& [rows, file] :
       {std::pair(&sequence.truth, &truth), {&sequence.tracks, &tracks}}) {
    if (last(*rows) > sequence.frames) {
      throw Error(fmt::format("{} has a box in frame {}, but sequence {} has {} frames",
                              file->string(), last(*rows), name, sequence.frames));
    }
  }
  return sequence;
}

}  // namespace

std::vector<TrackRow> ParseTrackRows(std::string_view text, const std::string& name, bool truth) {
  return RowParser(text, name, truth).Parse();
}

std::vector<TrackRow> ReadTrackRows(const fs::path& path, bool truth) {
  const MappedFile file(path);
  return ParseTrackRows(file.text(), path.string(), truth);
}

std::vector<TrackSequence> ReadTrackSequences(const fs::path& truth, const fs::path& tracks,
                                              const std::string& file,
                                              const std::vector<std::string>& names) {
  std::vector<TrackSequence> sequences;
  if (!fs::is_directory(truth)) {
    if (fs::is_directory(tracks)) {
      throw Error(fmt::format("{} is a file but {} is a folder: give two files or two folders",
                              truth.string(), tracks.string()));
    }
    const std::string name = truth.filename() == "gt.txt"
                                 ? fs::absolute(truth).parent_path().filename().string()
                                 : truth.stem().string();
    sequences.push_back(ReadSequence(name, truth, tracks, 0));
    return sequences;
  }
  if (!fs::is_directory(tracks)) {
    throw Error(fmt::format("{} is a folder, but {} is none: give two files or two folders",
                            truth.string(), tracks.string()));
  }
  const std::vector<std::string> found = names.empty() ? SequenceNames(truth) : names;
  if (found.empty()) {
    throw Error(fmt::format("{} has no sequences: SEQ/gt/gt.txt, SEQ/gt.txt, SEQ.gt.txt or SEQ.txt",
                            truth.string()));
  }
  for (const std::string& name : found) {
    const fs::path own_truth = FirstThere({truth / name / "gt" / "gt.txt", truth / name / "gt.txt",
                                           truth / (name + ".gt.txt"), truth / (name + ".txt")});
    if (own_truth.empty()) {
      throw Error(fmt::format("{} has no truth of sequence {}", truth.string(), name));
    }
    const fs::path own_tracks =
        file.empty() ? FirstThere({tracks / (name + ".txt"), tracks / "data" / (name + ".txt")})
                     : FirstThere({tracks / name / file});
    if (own_tracks.empty()) {
      throw Error(fmt::format(
          "{} has no tracks of sequence {}: {} is not there", tracks.string(), name,
          file.empty() ? fmt::format("{}.txt", name) : fmt::format("{}/{}", name, file)));
    }
    sequences.push_back(
        ReadSequence(name, own_truth, own_tracks, LengthFromIni(truth / name / "seqinfo.ini")));
  }
  return sequences;
}

MotBenchmark GuessBenchmark(const std::vector<TrackSequence>& sequences) {
  bool any = false;
  for (const TrackSequence& sequence : sequences) {
    for (const TrackRow& row : sequence.truth) {
      if (!row.classed) {
        return MotBenchmark::kMot15;
      }
      any = true;
    }
  }
  return any ? MotBenchmark::kMot17 : MotBenchmark::kMot15;
}

fs::path TrackPicture(const fs::path& folder, const std::string& sequence, std::int64_t frame) {
  const std::string name = fmt::format("{:06}.jpg", frame);
  return FirstThere({folder / sequence / "img1" / name, folder / sequence / name, folder / name});
}

}  // namespace tenjo
