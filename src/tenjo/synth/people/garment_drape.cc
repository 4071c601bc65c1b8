#include "tenjo/synth/people/garment_drape.h"

#include <algorithm>
#include <cmath>

namespace tenjo::synth {
namespace {

float ToFloat(int i) { return static_cast<float>(i); }

//! Directions that lie more than this (cosine) to one leg's side belong to that leg alone.
constexpr float kBetween = 0.45F;

}  // namespace

Drape::Drape(const Form& form, const DrapeCut& cut, const Material& material)
    : cut_(cut), material_(material), legs_(form.legs) {
  thighs_ = {form.asset.bone("upperleg01.L"), form.asset.bone("upperleg01.R")};
  shins_ = {form.asset.bone("lowerleg01.L"), form.asset.bone("lowerleg01.R")};
  pelvis_ = form.pelvis_bone;
  AddRows(form);
  HangRows();
  const Bones rest(form.asset.bone_names.size(), Eigen::Affine3f::Identity());
  for (Row& row : rows_) {
    const Frame frame = FrameAt(rest, row.below_hip_m);
    for (int c = 0; c < cut_.columns; ++c) {
      const float angle = Angle(c);
      float radius =
          row.radius[c] + cut_.ease_m - cut_.tuck_m * (1 - SmoothStep(0, 0.12F, row.hem));
      row.close.push_back(radius);
      radius += cut_.flare_m * std::max(0.0F, row.below_hip_m + 0.05F);
      const float wave = std::sin(angle * ToFloat(cut_.pleats) + ToFloat(cut_.seed % 7));
      const float uneven = 0.5F + Noise({2 * std::cos(angle), 2 * std::sin(angle), 0}, cut_.seed);
      radius += cut_.pleat_m * row.hem * (0.5F + 0.5F * wave) * uneven;
      row.radius[c] = radius;
      Vec3f place = Outline(frame, angle, radius);
      place.z() = row.z;
      row.rest.push_back(place);
      pattern_.push_back(place);
      if (row.below_hip_m < 0.16F) {
        row.weights.push_back(form.tights.vertices[form.NearestTights(place)].weights);
      }
    }
  }
  Triangulate();
}

float Drape::Angle(int column) const {
  const int steps = cut_.closed ? cut_.columns : cut_.columns - 1;
  return cut_.from_rad + (cut_.to_rad - cut_.from_rad) * ToFloat(column) / ToFloat(steps);
}

void Drape::AddRows(const Form& form) {
  const float length = cut_.top_z - cut_.hem_z;
  const int n = std::max(4, static_cast<int>(std::ceil(length / 0.045F)) + 1);
  for (int i = 0; i < n; ++i) {
    Row row;
    row.hem = ToFloat(i) / ToFloat(n - 1);
    row.z = cut_.top_z - length * row.hem;
    row.below_hip_m = form.hip_z - row.z;
    MeasureRow(form, row);
    rows_.push_back(std::move(row));
  }
}

//! Tangents of the slice, as radii about the legs' hull: the cloth encloses all that is there.
void Drape::MeasureRow(const Form& form, Row& row) const {
  const Bones rest(form.asset.bone_names.size(), Eigen::Affine3f::Identity());
  const Frame frame = FrameAt(rest, row.below_hip_m);
  row.radius.assign(static_cast<std::size_t>(cut_.columns), 0.02F);
  std::vector<Vec3f> ways;
  std::vector<float> cores;
  for (int c = 0; c < cut_.columns; ++c) {
    const float angle = Angle(c);
    ways.emplace_back(std::cos(angle) * frame.ahead + std::sin(angle) * frame.left);
    cores.push_back((Outline(frame, angle, 0) - frame.centre).dot(ways.back()));
  }
  for (std::size_t i = 0; i < form.shell.size(); ++i) {
    if (form.tights.vertices[i].arm > 0.3F || std::abs(form.shell[i].z() - row.z) > 0.03F) {
      continue;
    }
    const Vec3f p = form.shell[i] - frame.centre;
    for (int c = 0; c < cut_.columns; ++c) {
      row.radius[c] = std::max(row.radius[c], p.dot(ways[c]) - cores[c]);
    }
  }
}

void Drape::HangRows() {
  for (std::size_t r = 1; r < rows_.size(); ++r) {
    for (std::size_t c = 0; c < rows_[r].radius.size(); ++c) {
      const float step = rows_[r - 1].z - rows_[r].z;
      const float taper = rows_[r].below_hip_m > -0.03F ? cut_.taper : 2 * cut_.taper;
      rows_[r].radius[c] = std::max(rows_[r].radius[c], rows_[r - 1].radius[c] - taper * step);
    }
  }
}

void Drape::Triangulate() {
  const int rows = static_cast<int>(rows_.size()) + 1;  // one more turns the hem in
  const auto at = [&](int row, int column) {
    return static_cast<std::uint32_t>(row * cut_.columns + column % cut_.columns);
  };
  for (int r = 0; r + 1 < rows; ++r) {
    for (int c = 0; c < (cut_.closed ? cut_.columns : cut_.columns - 1); ++c) {
      triangles_.push_back({at(r, c), at(r + 1, c), at(r + 1, c + 1)});
      triangles_.push_back({at(r, c), at(r + 1, c + 1), at(r, c + 1)});
    }
  }
  pattern_.insert(pattern_.end(), rows_.back().rest.begin(), rows_.back().rest.end());
}

Drape::Frame Drape::FrameAt(const Bones& bones, float below_hip_m) const {
  std::array<Vec3f, 2> places;
  Vec3f legs_down = Vec3f::Zero();
  for (std::size_t side = 0; side < 2; ++side) {
    const Limb& leg = legs_[side];
    const Vec3f upper = (leg.joint - leg.top) / leg.upper_m;
    const Vec3f lower = (leg.end - leg.joint) / leg.lower_m;
    const Vec3f on_thigh = bones[thighs_[side]] * Vec3f(leg.top + below_hip_m * upper);
    const Vec3f on_shin =
        bones[shins_[side]] * Vec3f(leg.joint + (below_hip_m - leg.upper_m) * lower);
    const float t = SmoothStep(leg.upper_m - 0.1F, leg.upper_m + 0.1F, below_hip_m);
    places[side] = on_thigh + t * (on_shin - on_thigh);
    legs_down += (1 - t) * (bones[thighs_[side]].linear() * upper) +
                 t * (bones[shins_[side]].linear() * lower);
  }
  const Mat3f pelvis = bones[pelvis_].linear();
  const float share = SmoothStep(-0.02F, 0.3F, below_hip_m);
  // A step swings the legs but cloth hangs; a seat lays it along the thighs.
  const Vec3f legs = legs_down.normalized();
  const float seated = SmoothStep(0.08F, 0.5F, 1 + legs.z());
  const Vec3f hang = seated * legs - (1 - seated) * Vec3f::UnitZ();
  const Vec3f down = (share * hang - (1 - share) * pelvis.col(2)).normalized();
  Frame frame;
  frame.centre = 0.5F * (places[0] + places[1]);
  Vec3f left = pelvis.col(1);
  left -= left.dot(down) * down;
  frame.left = left.normalized();
  frame.ahead = down.cross(frame.left);
  frame.half = 0.5F * (places[0] - places[1]);
  frame.half -= frame.half.dot(down) * down;
  return frame;
}

Vec3f Drape::Outline(const Frame& frame, float angle_rad, float radius) {
  const Vec3f u = std::cos(angle_rad) * frame.ahead + std::sin(angle_rad) * frame.left;
  const float apart = std::max(frame.half.norm(), 1e-5F);
  const float t = std::clamp(u.dot(frame.half) / (apart * kBetween), -1.0F, 1.0F);
  const float side = t * (1.5F - 0.5F * t * t);
  return frame.centre + side * frame.half + radius * u;
}

const Vec3f& Drape::Above(const Mesh& mesh, std::size_t row, int column) const {
  return mesh.positions[(row - 1) * static_cast<std::size_t>(cut_.columns) +
                        static_cast<std::size_t>(column)];
}

Mesh Drape::Pose(const PosedBody& posed) const {
  Mesh mesh;
  mesh.material = material_;
  mesh.triangles = triangles_;
  mesh.rest = pattern_;
  mesh.positions.reserve(pattern_.size());
  std::vector<float> pinned(static_cast<std::size_t>(cut_.columns), 0.0F);
  for (std::size_t r = 0; r <= rows_.size(); ++r) {
    const bool turned = r == rows_.size();
    const Row& row = rows_[turned ? r - 1 : r];
    const Frame frame = FrameAt(posed.bones, row.below_hip_m);
    const float share = SmoothStep(-0.02F, 0.15F, row.below_hip_m);
    for (int c = 0; c < cut_.columns; ++c) {
      // On a lap, cloth lies close on top and hangs at the sides.
      const float angle = Angle(c);
      const float rise = std::cos(angle) * frame.ahead.z() + std::sin(angle) * frame.left.z();
      const float lying = std::max(SmoothStep(0.1F, 0.6F, rise), pinned[c]);
      pinned[c] = 0.93F * lying;  // what a lap holds cannot spread right below it
      const float radius = row.radius[c] + lying * (row.close[c] - row.radius[c]);
      if (turned) {
        const Vec3f out = std::cos(angle) * frame.ahead + std::sin(angle) * frame.left;
        mesh.positions.push_back(Above(mesh, r, c) - 0.008F * out);
        continue;
      }
      Vec3f place = Outline(frame, angle, radius);
      if (share < 1) {
        Vec3f skinned = Vec3f::Zero();
        for (std::size_t k = 0; k < 4; ++k) {
          const float weight = row.weights[c].weights[k];
          skinned += weight * (posed.bones[row.weights[c].bones[k]] * row.rest[c]);
        }
        place = skinned + share * (place - skinned);
      }
      if (r > 0) {
        // Cloth gives a little; a shin thrown far back slips out instead of drawing it along.
        const Vec3f& above = Above(mesh, r, c);
        const float longest = 1.4F * (row.rest[c] - rows_[r - 1].rest[c]).norm() + 0.004F;
        const float now = (place - above).norm();
        place = now > longest ? Vec3f(above + (longest / now) * (place - above)) : place;
      }
      mesh.positions.push_back(place);
    }
  }
  ComputeNormals(mesh.positions, mesh.triangles, mesh.normals);
  return mesh;
}

}  // namespace tenjo::synth
