#include "tenjo/synth/people/garment_cut.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace tenjo::synth {

// Fields are copied about freely, so each keeps what it needs by value.

Field Both(Field a, Field b) {
  return
      [a = std::move(a), b = std::move(b)](const ClothVertex& v) { return std::min(a(v), b(v)); };
}

Field Either(Field a, Field b) {
  return
      [a = std::move(a), b = std::move(b)](const ClothVertex& v) { return std::max(a(v), b(v)); };
}

Field AboveHem(const Form& /*form*/, float z) {
  return [z](const ClothVertex& v) {
    return v.position.z() - z + 0.6F * SmoothStep(0.1F, 0.6F, v.arm);
  };
}

Field BelowWaist(const Form& /*form*/, float z) {
  return [z](const ClothVertex& v) {
    return z - v.position.z() - 0.6F * SmoothStep(0.1F, 0.6F, v.arm);
  };
}

Field SleeveTo(const Form& form, float along_m) {
  return [arms = form.arms, along_m](const ClothVertex& v) {
    const Limb& arm = arms[v.position.y() > 0 ? 0 : 1];
    return along_m - arm.Along(v.position) + 0.8F * (1 - SmoothStep(0.05F, 0.75F, v.arm));
  };
}

Field LegTo(const Form& form, float along_m) {
  return [legs = form.legs, along_m](const ClothVertex& v) {
    const Limb& leg = legs[v.position.y() > 0 ? 0 : 1];
    return along_m - leg.Along(v.position) + 0.6F * SmoothStep(0.1F, 0.6F, v.arm);
  };
}

Field LegFrom(const Form& form, float along_m) {
  return [legs = form.legs, along_m](const ClothVertex& v) {
    const Limb& leg = legs[v.position.y() > 0 ? 0 : 1];
    return leg.Along(v.position) - along_m - 0.6F * SmoothStep(0.1F, 0.6F, v.arm);
  };
}

Field Armhole(const Form& form, float inset_m) {
  const Vec3f top = form.arms[0].top;
  return [top, inset_m](const ClothVertex& v) {
    const float tilt = 0.12F * (v.position.z() - top.z());
    const float plane = top.y() - inset_m - std::abs(v.position.y()) - tilt;
    return std::max(plane, 0.3F * (0.12F - v.arm));
  };
}

Field CrewNeck(const Form& form, float drop_m, float radius_m) {
  const Vec3f normal = Vec3f(0.45F, 0, 1).normalized();
  const float level = normal.dot(form.neck) + 0.02F * form.scale - drop_m;
  const float x = form.neck.x() + 0.005F;
  const float top = form.neck.z() + 0.04F * form.scale;  // the head is no shoulder
  return [=](const ClothVertex& v) {
    const float away = std::hypot(0.85F * (v.position.x() - x), v.position.y()) - radius_m;
    return std::max(level - normal.dot(v.position), std::min(away, top - v.position.z()));
  };
}

Field ScoopNeck(const Form& form, float half_width_m, float front_drop_m) {
  const float low = form.neck.z() - front_drop_m;
  const float back_x = form.neck.x() - 0.055F * form.scale;
  const float front_x = form.axis_x + 0.16F * form.scale;
  const float centre = 0.5F * (back_x + front_x);
  const float half_x = 0.5F * (front_x - back_x);
  const float least = std::min(half_x, half_width_m);
  return [=](const ClothVertex& v) {
    const float x = (v.position.x() - centre) / half_x;
    const float y = v.position.y() / half_width_m;
    return std::max((std::sqrt(x * x + y * y) - 1) * least, low - v.position.z());
  };
}

Field VNeck(const Form& form, float depth_m) {
  const float low = form.neck.z() - depth_m;
  const float half_top = 0.075F * form.scale;
  const float slope = half_top / depth_m;
  const float length = std::sqrt(1 + slope * slope);
  const float back = form.neck.x();
  const Field v_cut = [=](const ClothVertex& v) {
    const float inside = (std::abs(v.position.y()) - slope * (v.position.z() - low)) / length;
    return std::max(inside, 2 * (back - v.position.x()));
  };
  return Both(v_cut, CrewNeck(form, 0.01F * form.scale, 0.085F * form.scale));
}

Field OpenFront(const Form& form, float half_width_low_m, float half_width_high_m) {
  const float low = form.hip_z;
  const float high = form.neck.z();
  const float x = form.axis_x + 0.01F;
  return [=](const ClothVertex& v) {
    const float t = (v.position.z() - low) / (high - low);
    const float half = half_width_low_m + t * (half_width_high_m - half_width_low_m);
    return std::max(std::abs(v.position.y()) - half,
                    2 * (x - v.position.x()) + 0.6F * SmoothStep(0.3F, 0.7F, v.arm));
  };
}

Field FrontPanel(const Form& form, float low_z, float high_z, float half_low_m, float half_high_m) {
  const float x = form.axis_x;
  return [=](const ClothVertex& v) {
    const Vec3f& p = v.position;
    const float t = std::clamp((p.z() - low_z) / (high_z - low_z), 0.0F, 1.0F);
    const float half = half_low_m + t * (half_high_m - half_low_m);
    return std::min(
        {half - std::abs(p.y()), p.z() - low_z, high_z - p.z(), p.x() - x, 0.3F * (0.3F - v.arm)});
  };
}

}  // namespace tenjo::synth
