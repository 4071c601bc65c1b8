#include "tenjo/synth/set/crowd_floor.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <queue>
#include <unordered_map>

namespace tenjo::synth {
namespace {

constexpr float kFar = 1e6F;
constexpr float kBehindDoorM = 1.25F;
constexpr float kComfortM = 0.95F;  // people like to be so far from each other
constexpr float kBucketS = 0.25F;
constexpr float kWaitS = 0.25F;
constexpr int kMostVisits = 60000;

struct Offset {
  int dx, dy;
};
constexpr std::array<Offset, 16> kMoves = {{{1, 0},
                                            {0, 1},
                                            {-1, 0},
                                            {0, -1},
                                            {1, 1},
                                            {-1, 1},
                                            {1, -1},
                                            {-1, -1},
                                            {2, 1},
                                            {1, 2},
                                            {-1, 2},
                                            {-2, 1},
                                            {-2, -1},
                                            {-1, -2},
                                            {1, -2},
                                            {2, -1}}};

float Length(const Offset& move) {
  return WalkFloor::kCellM * std::sqrt(static_cast<float>(move.dx * move.dx + move.dy * move.dy));
}

}  // namespace

Occupancy::Occupancy(float begin_s, float end_s)
    : begin_s_(begin_s),
      ticks_(static_cast<std::size_t>(std::max(0.0F, (end_s - begin_s) / kTickS)) + 2) {}

void Occupancy::Add(float begin_s, const std::vector<Vec2f>& places) {
  const auto first = static_cast<long>(std::lround((begin_s - begin_s_) / kTickS));
  for (std::size_t i = 0; i < places.size(); ++i) {
    const long tick = first + static_cast<long>(i);
    if (tick >= 0 && tick < static_cast<long>(ticks_.size())) {
      ticks_[static_cast<std::size_t>(tick)].push_back(places[i]);
    }
  }
}

float Occupancy::Nearest(const Vec2f& at, float time_s) const {
  const auto tick = static_cast<long>(std::lround((time_s - begin_s_) / kTickS));
  float nearest = kFar;
  if (tick >= 0 && tick < static_cast<long>(ticks_.size())) {
    for (const Vec2f& other : ticks_[static_cast<std::size_t>(tick)]) {
      nearest = std::min(nearest, (other - at).squaredNorm());
    }
  }
  return std::sqrt(nearest);
}

bool Occupancy::StaysFree(const Vec2f& at, float from_s, float to_s, float distance_m) const {
  const auto count = static_cast<int>((to_s - from_s) / kTickS) + 1;
  for (int i = 0; i <= count; ++i) {
    if (Nearest(at, from_s + static_cast<float>(i) * kTickS) < distance_m) {
      return false;
    }
  }
  return true;
}

WalkFloor::WalkFloor(const Place& place)
    : place_(place),
      x0_(place.room.x0 - kBehindDoorM),
      y0_(place.room.y0 - kBehindDoorM),
      columns_(static_cast<int>((place.room.x1 - x0_ + kBehindDoorM) / kCellM) + 1),
      rows_(static_cast<int>((place.room.y1 - y0_ + kBehindDoorM) / kCellM) + 1) {
  const auto cells = static_cast<std::size_t>(columns_) * static_cast<std::size_t>(rows_);
  clearance_.resize(cells);
  avoid_.assign(cells, 1);
  for (std::size_t c = 0; c < cells; ++c) {
    clearance_[c] = Clearance(Middle(static_cast<int>(c)));
  }
}

int WalkFloor::Index(const Vec2f& at) const {
  const auto i = static_cast<int>(std::floor((at.x() - x0_) / kCellM));
  const auto j = static_cast<int>(std::floor((at.y() - y0_) / kCellM));
  return i < 0 || j < 0 || i >= columns_ || j >= rows_ ? -1 : j * columns_ + i;
}

Vec2f WalkFloor::Middle(int cell) const {
  const int row = cell / columns_;
  return {x0_ + (static_cast<float>(cell - row * columns_) + 0.5F) * kCellM,
          y0_ + (static_cast<float>(row) + 0.5F) * kCellM};
}

float WalkFloor::Clearance(const Vec2f& at) const {
  const Rect& room = place_.room;
  float walls =
      std::min({at.x() - room.x0, room.x1 - at.x(), at.y() - room.y0, room.y1 - at.y(), 1.0F});
  for (std::size_t d = 0; d < place_.doors.size(); ++d) {
    const Vec2f inward = place_.doors_inward[d].head<2>();
    const Vec2f off = at - place_.doors[d].head<2>();
    const float deep = off.dot(inward);
    const float aside = std::abs(off.x() * inward.y() - off.y() * inward.x());
    if (deep > -kBehindDoorM && deep < 0.5F) {
      walls = std::max(walls, 0.42F - aside);  // the doorway's half width
    }
  }
  float nearest = walls;
  for (const Rect& rect : place_.obstacles) {
    const float dx = std::max({rect.x0 - at.x(), at.x() - rect.x1});
    const float dy = std::max({rect.y0 - at.y(), at.y() - rect.y1});
    const float distance =
        dx <= 0 && dy <= 0 ? std::max(dx, dy) : std::hypot(std::max(dx, 0.0F), std::max(dy, 0.0F));
    nearest = std::min(nearest, distance);
  }
  return nearest;
}

void WalkFloor::Avoid(const Vec2f& at, float radius_m, float cost) {
  for (std::size_t c = 0; c < avoid_.size(); ++c) {
    if ((Middle(static_cast<int>(c)) - at).norm() < radius_m) {
      avoid_[c] = std::max(avoid_[c], cost);
    }
  }
}

float WalkFloor::CellCost(int cell, bool into_line) const {
  const float clear = clearance_[static_cast<std::size_t>(cell)];
  if (clear < kSqueezeM) {
    return 0;
  }
  const float narrow = clear < kBodyM ? 5.0F : (clear < 0.42F ? 1.5F : 1.0F);
  return narrow * (into_line ? 1.0F : avoid_[static_cast<std::size_t>(cell)]);
}

//! Dijkstra over the still floor: what the way from every cell costs, in metres.
std::vector<float> WalkFloor::CostsTo(int goal, const Walk& walk) const {
  std::vector<float> costs(clearance_.size(), kFar);
  using Entry = std::pair<float, int>;
  std::priority_queue<Entry, std::vector<Entry>, std::greater<>> open;
  costs[static_cast<std::size_t>(goal)] = 0;
  open.emplace(0.0F, goal);
  while (!open.empty()) {
    const auto [cost, cell] = open.top();
    open.pop();
    if (cost > costs[static_cast<std::size_t>(cell)]) {
      continue;
    }
    for (const Offset& move : kMoves) {
      const int x = cell % columns_ + move.dx;
      const int y = cell / columns_ + move.dy;
      if (x < 0 || y < 0 || x >= columns_ || y >= rows_) {
        continue;
      }
      const int next = y * columns_ + x;
      const float price = CellCost(next, walk.into_line);
      if (price <= 0 && next != Index(walk.from)) {
        continue;
      }
      const float sum = cost + Length(move) * std::max(price, 1.0F);
      if (sum < costs[static_cast<std::size_t>(next)]) {
        costs[static_cast<std::size_t>(next)] = sum;
        open.emplace(sum, next);
      }
    }
  }
  return costs;
}

struct WalkFloor::Search {
  struct Node {
    int cell;
    float time_s;
    float cost;
    int parent;
  };
  struct Open {
    float total;
    int node;
    bool operator>(const Open& other) const {
      return total > other.total || (total == other.total && node > other.node);
    }
  };

  const WalkFloor& floor;
  const Walk& walk;
  const Occupancy& others;
  std::vector<float> to_goal;
  std::vector<Node> nodes;
  std::unordered_map<long, float> best;
  std::priority_queue<Open, std::vector<Open>, std::greater<>> open;

  void Push(int cell, float time_s, float cost, int parent) {
    const float ahead = to_goal[static_cast<std::size_t>(cell)];
    if (ahead >= kFar || time_s > walk.latest_s) {
      return;
    }
    const long key = static_cast<long>((time_s - walk.time_s) / kBucketS) *
                         static_cast<long>(floor.clearance_.size()) +
                     cell;
    const auto [found, fresh] = best.try_emplace(key, cost);
    if (!fresh) {
      if (found->second <= cost) {
        return;
      }
      found->second = cost;
    }
    nodes.push_back({cell, time_s, cost, parent});
    open.push({cost + ahead, static_cast<int>(nodes.size()) - 1});
  }

  //! What being near others costs, a factor; 0 if too near.
  float Company(const Vec2f& at, float time_s, float here) const {
    const float near = others.Nearest(at, time_s);
    // Who stands close together to begin with may move apart.
    const bool leaving = time_s < walk.time_s + 1.2F && near >= here - 1e-3F;
    if (near < walk.apart_m && !(leaving && near > 0.4F)) {
      return 0;
    }
    return near < kComfortM ? 1 + 3 * (kComfortM - near) : 1.0F;
  }

  void Expand(int index) {
    const Node node = nodes[static_cast<std::size_t>(index)];
    const Vec2f from = floor.Middle(node.cell);
    const float here = others.Nearest(from, node.time_s);
    const float wait = Company(from, node.time_s + kWaitS, here);
    if (wait > 0) {
      Push(node.cell, node.time_s + kWaitS, node.cost + 0.35F * walk.speed_mps * kWaitS * wait,
           index);
    }
    for (const Offset& move : kMoves) {
      const int x = node.cell % floor.columns_ + move.dx;
      const int y = node.cell / floor.columns_ + move.dy;
      if (x < 0 || y < 0 || x >= floor.columns_ || y >= floor.rows_) {
        continue;
      }
      const int next = y * floor.columns_ + x;
      const float price = floor.CellCost(next, walk.into_line);
      if (price <= 0) {
        continue;
      }
      const float length = Length(move);
      const float time = node.time_s + length / walk.speed_mps;
      const Vec2f to = floor.Middle(next);
      const float company = Company(to, time, here);
      if (company <= 0 || Company((from + to) / 2, (node.time_s + time) / 2, here) <= 0) {
        continue;
      }
      Push(next, time, node.cost + length * price * company, index);
    }
  }
};

bool WalkFloor::IsStraight(const Knot& a, const Knot& b, float clear_m, const Walk& walk,
                           const Occupancy& others) const {
  const float length = (b.at - a.at).norm();
  const float time = b.time_s - a.time_s;
  if (length < 0.6F * walk.speed_mps * time) {
    return false;  // it would no longer be a walk but a crawl
  }
  const int steps = std::max(2, static_cast<int>(length / 0.08F));
  for (int i = 1; i < steps; ++i) {
    const float share = static_cast<float>(i) / static_cast<float>(steps);
    const Vec2f at = a.at + share * (b.at - a.at);
    if (Clearance(at) < clear_m ||
        others.Nearest(at, a.time_s + share * time) < walk.apart_m + 0.08F) {
      return false;
    }
    const int cell = Index(at);
    if (!walk.into_line && cell >= 0 && avoid_[static_cast<std::size_t>(cell)] > 1) {
      return false;
    }
  }
  return true;
}

std::vector<Knot> WalkFloor::Straighten(const std::vector<Knot>& way, const Walk& walk,
                                        const Occupancy& others) const {
  std::vector<Knot> straight = {way.front()};
  std::size_t i = 0;
  while (i + 1 < way.size()) {
    std::size_t last = i + 1;
    float clear = 0.45F;
    for (std::size_t j = i + 1; j < std::min(way.size(), i + 60); ++j) {
      clear = std::min(clear, Clearance(way[j].at));
      if (j > i + 1 && IsStraight(way[i], way[j], std::min(clear, 0.4F), walk, others)) {
        last = j;
      }
    }
    straight.push_back(way[last]);
    i = last;
  }
  return straight;
}

std::optional<std::vector<Knot>> WalkFloor::Find(const Walk& walk, const Occupancy& others) const {
  const int start = Index(walk.from);
  const int goal = Index(walk.to);
  if (start < 0 || goal < 0) {
    return std::nullopt;
  }
  Search search{*this, walk, others, CostsTo(goal, walk), {}, {}, {}};
  search.Push(start, walk.time_s, 0, -1);
  int end = -1;
  int visits = 0;
  while (!search.open.empty() && end < 0 && visits++ < kMostVisits) {
    const int node = search.open.top().node;
    search.open.pop();
    if (search.nodes[static_cast<std::size_t>(node)].cell == goal) {
      end = node;
    } else {
      search.Expand(node);
    }
  }
  if (end < 0) {
    return std::nullopt;
  }
  std::vector<Knot> way;
  for (int n = end; n >= 0; n = search.nodes[static_cast<std::size_t>(n)].parent) {
    const auto& node = search.nodes[static_cast<std::size_t>(n)];
    way.push_back({node.time_s, Middle(node.cell)});
  }
  std::reverse(way.begin(), way.end());
  way.front().at = walk.from;
  if (way.size() == 1) {
    way.push_back(
        {walk.time_s + std::max(0.1F, (walk.to - walk.from).norm() / walk.speed_mps), walk.to});
  }
  way.back().at = walk.to;
  return Straighten(way, walk, others);
}

}  // namespace tenjo::synth
