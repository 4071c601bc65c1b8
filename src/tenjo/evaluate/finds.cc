#include "tenjo/evaluate/finds.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <utility>

namespace tenjo {
namespace {

constexpr double kFound = 0.5;

struct Tilts {
  const char* name;
  double least;
  double most;
};
constexpr Tilts kTilts[] = {{"straight down (under 15°)", 0, 15},
                            {"steep (15-35°)", 15, 35},
                            {"oblique (35-60°)", 35, 60},
                            {"flat (from 60°)", 60, 181}};

OperatingPoint BestF1(std::span<const Find> finds, std::size_t asked) {
  std::vector<std::pair<double, bool>> order;
  order.reserve(finds.size());
  for (const Find& find : finds) {
    order.emplace_back(find.score, find.person >= 0);
  }
  std::sort(order.begin(), order.end(), std::greater<>());
  OperatingPoint point;
  point.asked = asked;
  double found = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    found += order[i].second ? 1 : 0;
    if (i + 1 < order.size() && order[i + 1].first == order[i].first) {
      continue;
    }
    const auto taken = static_cast<double>(i + 1);
    const double f1 = 2 * found / (taken + static_cast<double>(asked));
    if (f1 > point.f1) {
      point.f1 = f1;
      point.score = order[i].first;
      point.precision = found / taken;
      point.recall = found / static_cast<double>(asked);
    }
  }
  return point;
}

}  // namespace

FindCollector::FindCollector(const CocoTruth& truth, const std::vector<CocoResult>& results,
                             Asked asked)
    : truth_(truth), results_(results), asked_(std::move(asked)), rows_(truth.images.size()) {}

void FindCollector::Add(std::size_t image, std::span<const std::uint32_t> people,
                        std::span<const std::uint32_t> found, std::span<const double> likeness) {
  rows_[image].image = image;
  image_truth_.clear();
  ignored_.clear();
  for (const std::uint32_t i : people) {
    const CocoPerson& person = truth_.people[i];
    const bool asked = asked_(person);
    rows_[image].people += asked ? 1 : 0;
    image_truth_.push_back({person.id, person.area, !asked, person.crowd});
    ignored_.push_back(asked ? 0 : 1);
  }
  MatchResults(likeness, image_truth_, ignored_, kFound, match_);
  match_.resize(found.size(), -1);
  for (std::size_t d = 0; d < found.size(); ++d) {
    Find find{results_[found[d]].score, static_cast<std::uint32_t>(image), found[d], -1, 0};
    if (match_[d] >= 0) {
      const auto g = static_cast<std::size_t>(match_[d]);
      if (ignored_[g] != 0) {
        continue;
      }
      find.person = static_cast<int>(people[g]);
      find.likeness = likeness[d * people.size() + g];
    }
    finds_.push_back(find);
  }
}

OperatingPoint FindCollector::Finish() {
  std::size_t asked = 0;
  for (const ImageRow& row : rows_) {
    asked += static_cast<std::size_t>(row.people);
  }
  const OperatingPoint point = BestF1(finds_, asked);
  for (const Find& find : finds_) {
    ImageRow& row = rows_[find.image];
    if (find.score >= point.score) {
      row.mistakes += find.person < 0 ? 1 : 0;
      row.found += find.person < 0 ? 0 : 1;
      row.mean_likeness += find.likeness;
    }
  }
  for (ImageRow& row : rows_) {
    row.mean_likeness /= std::max(row.found, 1);
  }
  return point;
}

std::vector<std::size_t> WorstImages(const std::vector<ImageRow>& rows, std::size_t count) {
  std::vector<std::size_t> order(rows.size());
  std::iota(order.begin(), order.end(), 0U);
  std::erase_if(order, [&](std::size_t i) { return rows[i].people == 0 && rows[i].mistakes == 0; });
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    const int wrong_a = rows[a].missed() + rows[a].mistakes;
    const int wrong_b = rows[b].missed() + rows[b].mistakes;
    return wrong_a != wrong_b ? wrong_a > wrong_b : rows[a].mean_likeness < rows[b].mean_likeness;
  });
  order.resize(std::min(order.size(), count));
  return order;
}

bool IsFisheye(const std::string& lens) {
  return lens == "equidistant" || lens == "equisolid" || lens == "stereographic";
}

std::vector<CameraPart> CameraParts(const CocoTruth& truth) {
  std::vector<CameraPart> parts;
  for (const bool fisheye : {true, false}) {
    for (const Tilts& tilts : kTilts) {
      CocoTruth part = KeepImages(truth, [&](const CocoImage& image) {
        return image.camera && IsFisheye(image.camera->lens) == fisheye &&
               image.camera->tilt >= tilts.least && image.camera->tilt < tilts.most;
      });
      if (!part.images.empty()) {
        parts.push_back(
            {(fisheye ? "fisheye, " : "wide, ") + std::string(tilts.name), std::move(part)});
      }
    }
  }
  return parts;
}

std::string ImageName(const CocoImage& image) {
  return image.file_name.empty() ? fmt::format("image {}", image.id) : image.file_name;
}

}  // namespace tenjo
