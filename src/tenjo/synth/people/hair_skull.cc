#include <algorithm>
#include <cmath>
#include <numbers>

#include "tenjo/synth/people/hair.h"

namespace tenjo::synth {
namespace {

constexpr float kPi = std::numbers::pi_v<float>;

float ToFloat(int i) { return static_cast<float>(i); }

//! Heights of the natural hairline over the eyes, in parts of the height from eyes to crown, every
//! 15 degrees from straight ahead to straight behind.
constexpr std::array<float, 13> kHairline{0.60F,  0.60F, 0.58F,  0.50F,  0.26F,  -0.14F, 0.02F,
                                          -0.02F, -0.3F, -0.62F, -0.82F, -0.88F, -0.88F};

}  // namespace

Skull::Skull(const Form& form) : eye_z(form.eye_z), top_z(form.top_z) {
  const auto& keypoints = form.rest.keypoints;
  const Vec3f ear = 0.5F * (keypoints[3] + keypoints[4]);
  ear_z = ear.z();
  size = (top_z - eye_z) / 0.112F;
  centre = Vec3f(ear.x() + 0.006F * size, 0, ear.z() + 0.02F * size);
  chin_z = eye_z - 0.115F * size;
  std::array<std::array<float, kTurns>, kTilts> sum{};
  std::array<std::array<float, kTurns>, kTilts> least{};
  std::array<std::array<int, kTurns>, kTilts> count{};
  for (std::size_t q = 0; q < form.asset.quads.size(); ++q) {
    if (form.asset.quad_groups[q] != BodyGroup::kBody) {
      continue;
    }
    for (const std::uint32_t v : form.asset.quads[q]) {
      const Vec3f& p = form.rest.positions[v];
      if (p.z() < form.neck.z() || std::abs(p.y()) > 0.12F * size) {
        continue;
      }
      float turn = 0;
      float tilt = 0;
      Angles(p, turn, tilt);
      const float radius = (p - centre).norm();
      const int c = std::clamp(static_cast<int>((turn / (2 * kPi)) * kTurns), 0, kTurns - 1);
      const int r = std::clamp(static_cast<int>(tilt / kPi * kTilts), 0, kTilts - 1);
      sum[r][c] += radius;
      least[r][c] = count[r][c] == 0 ? radius : std::min(least[r][c], radius);
      ++count[r][c];
    }
  }
  for (int r = 0; r < kTilts; ++r) {
    for (int c = 0; c < kTurns; ++c) {
      const float turn = std::abs(10.0F * (ToFloat(c) + 0.5F) - 180.0F);  // 0 behind .. 180 ahead
      const bool ear_zone = turn > 45 && turn < 135 && r >= 7 && r <= 13;
      radius_[r][c] =
          count[r][c] == 0 ? 0 : (ear_zone ? least[r][c] : sum[r][c] / ToFloat(count[r][c]));
    }
  }
  for (int pass = 0; pass < 6; ++pass) {  // fill directions without a vertex, then smooth
    const auto before = radius_;
    for (int r = 0; r < kTilts; ++r) {
      for (int c = 0; c < kTurns; ++c) {
        float total = 0;
        float weight = 0;
        for (const auto& [dr, dc] : {std::pair{0, 1}, {0, -1}, {1, 0}, {-1, 0}}) {
          const float value = before[std::clamp(r + dr, 0, kTilts - 1)][(c + dc + kTurns) % kTurns];
          total += value;
          weight += value > 0 ? 1.0F : 0.0F;
        }
        if (weight > 0 && before[r][c] <= 0) {
          radius_[r][c] = total / weight;
        } else if (weight > 0 && pass >= 4) {
          radius_[r][c] = 0.5F * before[r][c] + 0.5F * total / weight;
        }
      }
    }
  }
  const float height = top_z - eye_z;
  for (int i = 0; i < 2 * kTurns; ++i) {
    const float turn = 2 * kPi * ToFloat(i) / (2 * kTurns);
    const float at = std::abs(std::remainder(turn, 2 * kPi)) / (kPi / 12);
    const int low = std::min(static_cast<int>(at), 11);
    const float t = SmoothStep(0, 1, at - ToFloat(low));
    const float level = kHairline[low] + t * (kHairline[low + 1] - kHairline[low]);
    const float z = eye_z + level * height;
    hairline_[i] = TiltAt(turn, [z](const Vec3f& p) { return p.z() - z; });
  }
}

void Skull::Angles(const Vec3f& p, float& turn_rad, float& tilt_rad) const {
  const Vec3f d = p - centre;
  turn_rad = std::atan2(d.y(), d.x());
  if (turn_rad < 0) {
    turn_rad += 2 * kPi;
  }
  tilt_rad = std::atan2(std::hypot(d.x(), d.y()), d.z());
}

float Skull::Radius(float turn_rad, float tilt_rad) const {
  const float turn = turn_rad / (2 * kPi);
  const float c = (turn - std::floor(turn)) * kTurns - 0.5F + kTurns;
  const float r = std::clamp(tilt_rad / kPi * kTilts - 0.5F, 0.0F, kTilts - 1.001F);
  const int c0 = static_cast<int>(c) % kTurns;
  const int c1 = (c0 + 1) % kTurns;
  const int r0 = static_cast<int>(r);
  const float tc = c - std::floor(c);
  const float tr = r - ToFloat(r0);
  return (1 - tr) * ((1 - tc) * radius_[r0][c0] + tc * radius_[r0][c1]) +
         tr * ((1 - tc) * radius_[r0 + 1][c0] + tc * radius_[r0 + 1][c1]);
}

Vec3f Skull::Direction(float turn_rad, float tilt_rad) const {
  return {std::sin(tilt_rad) * std::cos(turn_rad), std::sin(tilt_rad) * std::sin(turn_rad),
          std::cos(tilt_rad)};
}

Vec3f Skull::At(float turn_rad, float tilt_rad, float off_m) const {
  return centre + (Radius(turn_rad, tilt_rad) + off_m) * Direction(turn_rad, tilt_rad);
}

float Skull::TiltAt(float turn_rad, const std::function<float(const Vec3f&)>& height_above) const {
  constexpr int kSteps = 60;
  float before = height_above(At(turn_rad, 0, 0));
  for (int i = 1; i <= kSteps; ++i) {
    const float tilt = 0.85F * kPi * ToFloat(i) / kSteps;
    const float now = height_above(At(turn_rad, tilt, 0));
    if (now <= 0) {
      const float t = before > now ? before / (before - now) : 1;
      return 0.85F * kPi * (ToFloat(i - 1) + t) / kSteps;
    }
    before = now;
  }
  return 0.85F * kPi;
}

float Skull::Hairline(float turn_rad) const {
  const float turn = turn_rad / (2 * kPi);
  const float at = (turn - std::floor(turn)) * 2 * kTurns;
  const int low = static_cast<int>(at) % (2 * kTurns);
  const float t = at - std::floor(at);
  return hairline_[low] + t * (hairline_[(low + 1) % (2 * kTurns)] - hairline_[low]);
}

float Skull::AboveHairline(const Vec3f& p) const {
  float turn = 0;
  float tilt = 0;
  Angles(p, turn, tilt);
  return (Hairline(turn) - tilt) * Radius(turn, tilt);
}

}  // namespace tenjo::synth
