#include "tenjo/pose/reference_decoder_test.h"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>

namespace tenjo::testing {
namespace {

struct Point {
  int u;
  int v;
  double value;
};

// Written down from the published channel order: ends of each limb and its first paf plane.
constexpr int kEnds[19][2] = {{1, 2},   {1, 5},  {2, 3},   {3, 4},   {5, 6},   {6, 7}, {1, 8},
                              {8, 9},   {9, 10}, {1, 11},  {11, 12}, {12, 13}, {1, 0}, {0, 14},
                              {14, 16}, {0, 15}, {15, 17}, {2, 16},  {5, 17}};
constexpr int kPlane[19] = {12, 20, 14, 16, 22, 24, 0, 2, 4, 6, 8, 10, 28, 30, 34, 32, 36, 18, 26};

cv::Mat Enlarge(const float* plane, int width, int height) {
  const cv::Mat map(height, width, CV_32F, const_cast<float*>(plane));
  cv::Mat large;
  cv::resize(map, large, {}, 4, 4, cv::INTER_CUBIC);
  return large;
}

std::vector<std::array<int, 2>> Maxima(const cv::Mat& large) {
  const auto value = [&](int u, int v) {
    const bool inside = u >= 0 && v >= 0 && u < large.cols && v < large.rows;
    const float x = inside ? large.at<float>(v, u) : 0.0F;
    return x < 0.1F ? 0.0F : x;
  };
  std::vector<std::array<int, 2>> result;
  for (int u = 0; u < large.cols; ++u) {
    for (int v = 0; v < large.rows; ++v) {
      const float x = value(u, v);
      if (x > value(u - 1, v) && x > value(u + 1, v) && x > value(u, v - 1) &&
          x > value(u, v + 1)) {
        result.push_back({u, v});
      }
    }
  }
  return result;
}

std::vector<Point> Keypoints(const float* plane, int width, int height) {
  const cv::Mat large = Enlarge(plane, width, height);
  const auto maxima = Maxima(large);
  std::vector<bool> gone(maxima.size(), false);
  std::vector<Point> result;
  for (std::size_t i = 0; i < maxima.size(); ++i) {
    if (gone[i]) {
      continue;
    }
    const auto [u, v] = maxima[i];
    for (std::size_t j = i + 1; j < maxima.size(); ++j) {
      if (std::hypot(maxima[j][0] - u, maxima[j][1] - v) < 6) {
        gone[j] = true;
      }
    }
    result.push_back({u, v, large.at<float>(v, u)});
  }
  return result;
}

struct Limb {
  int a;
  int b;
  double score;
};

double Affinity(const cv::Mat& x, const cv::Mat& y, const Point& a, const Point& b) {
  const double du = b.u - a.u;
  const double dv = b.v - a.v;
  const double length = std::hypot(du, dv);
  if (length == 0) {
    return 0;
  }
  int valid = 0;
  double sum = 0;
  for (int k = 0; k < 10; ++k) {
    const int u = static_cast<int>(std::lround(a.u + du * k / 9));
    const int v = static_cast<int>(std::lround(a.v + dv * k / 9));
    const double projection = (du * x.at<float>(v, u) + dv * y.at<float>(v, u)) / length;
    if (projection > 0.05) {
      ++valid;
      sum += projection;
    }
  }
  return valid > 8 ? sum / valid : 0;
}

std::vector<Limb> Connect(const cv::Mat& x, const cv::Mat& y, const std::vector<Point>& as,
                          const std::vector<Point>& bs) {
  std::vector<Limb> all;
  for (int a = 0; a < static_cast<int>(as.size()); ++a) {
    for (int b = 0; b < static_cast<int>(bs.size()); ++b) {
      const double score = Affinity(x, y, as[a], bs[b]);
      if (score > 0) {
        all.push_back({a, b, score});
      }
    }
  }
  std::stable_sort(all.begin(), all.end(),
                   [](const Limb& p, const Limb& q) { return p.score > q.score; });
  std::vector<Limb> kept;
  for (const Limb& limb : all) {
    const bool free = std::none_of(kept.begin(), kept.end(), [&](const Limb& other) {
      return other.a == limb.a || other.b == limb.b;
    });
    if (free) {
      kept.push_back(limb);
    }
  }
  return kept;
}

struct Entry {
  std::array<int, 18> at;
  double score;
  int number;
  Entry(double s, int n) : score(s), number(n) { at.fill(-1); }
};

using Lists = std::array<std::vector<Point>, 18>;

void Alone(int k, const Lists& points, std::vector<Entry>* entries) {
  for (int i = 0; i < static_cast<int>(points[k].size()); ++i) {
    const bool known = std::any_of(entries->begin(), entries->end(),
                                   [&](const Entry& entry) { return entry.at[k] == i; });
    if (!known) {
      entries->emplace_back(points[k][i].value, 1);
      entries->back().at[k] = i;
    }
  }
}

void Grow(int a, int b, const Limb& limb, const Lists& points, std::vector<Entry>* entries) {
  const double gain = points[b][limb.b].value + limb.score;
  int found = 0;
  for (Entry& entry : *entries) {
    if (entry.at[a] == limb.a) {
      entry.at[b] = limb.b;
      entry.number += 1;
      entry.score += gain;
      ++found;
    }
  }
  if (found == 0) {
    entries->emplace_back(points[a][limb.a].value + gain, 2);
    entries->back().at[a] = limb.a;
    entries->back().at[b] = limb.b;
  }
}

void AddEars(int a, int b, const Limb& limb, std::vector<Entry>* entries) {
  for (Entry& entry : *entries) {
    if (entry.at[a] == limb.a && entry.at[b] == -1) {
      entry.at[b] = limb.b;
    } else if (entry.at[b] == limb.b && entry.at[a] == -1) {
      entry.at[a] = limb.a;
    }
  }
}

std::vector<Entry> Group(const PoseMaps& maps, const Lists& points) {
  const int size = maps.width * maps.height;
  std::vector<Entry> entries;
  for (int i = 0; i < 19; ++i) {
    const int a = kEnds[i][0];
    const int b = kEnds[i][1];
    if (points[a].empty() || points[b].empty()) {
      Alone(points[a].empty() ? b : a, points, &entries);
      continue;
    }
    const cv::Mat x = Enlarge(maps.pafs + kPlane[i] * size, maps.width, maps.height);
    const cv::Mat y = Enlarge(maps.pafs + (kPlane[i] + 1) * size, maps.width, maps.height);
    for (const Limb& limb : Connect(x, y, points[a], points[b])) {
      if (i >= 17) {
        AddEars(a, b, limb, &entries);
      } else {
        Grow(a, b, limb, points, &entries);
      }
    }
  }
  return entries;
}

}  // namespace

std::vector<std::array<int, 2>> ReferencePeaks(const float* plane, int width, int height) {
  return Maxima(Enlarge(plane, width, height));
}

std::vector<ReferencePerson> ReferenceDecode(const PoseMaps& maps) {
  Lists points;
  for (int k = 0; k < 18; ++k) {
    points[k] = Keypoints(maps.heatmaps + k * maps.width * maps.height, maps.width, maps.height);
  }
  std::vector<ReferencePerson> people;
  for (const Entry& entry : Group(maps, points)) {
    if (entry.number < 3 || entry.score / entry.number < 0.2) {
      continue;
    }
    ReferencePerson person;
    person.coco_score = entry.score * (entry.number - 1);
    for (int k = 0; k < 18; ++k) {
      if (entry.at[k] >= 0) {
        const Point& point = points[k][entry.at[k]];
        // The centre of fine pixel u lies (u + 0.5) / 4 of a map pixel from the left border.
        person.points[k] = {true, (point.u + 0.5) / 4 * maps.stride - 0.5,
                            (point.v + 0.5) / 4 * maps.stride - 0.5, point.value};
      }
    }
    people.push_back(person);
  }
  std::stable_sort(people.begin(), people.end(),
                   [](const ReferencePerson& a, const ReferencePerson& b) {
                     return a.coco_score > b.coco_score;
                   });
  return people;
}

}  // namespace tenjo::testing
