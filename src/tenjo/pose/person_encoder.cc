#include "tenjo/pose/person_encoder.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <vector>

#include "tenjo/base/error.h"

namespace tenjo {
namespace {

constexpr double kSigmaOfSide = 0.09;
constexpr double kLeastSigma = 0.7;  // map pixels
constexpr double kLeastHeat = 0.01;
constexpr double kLearned = 0.3;     // of a Gaussian: about it the box is learned ...
constexpr double kBox = 0.5;         // ... and about this the heat counts whoever is ignored there
constexpr double kLeastSide = 1e-3;  // map pixels, under the logarithm
constexpr double kDegree = std::numbers::pi / 180;

class Drawing {
 public:
  Drawing(int width, int height, int stride, float* planes)
      : width_(width / stride),
        height_(height / stride),
        stride_(stride),
        planes_(planes),
        owners_(Size(), -1),
        heats_(Size(), 0) {
    std::fill_n(planes, kNumPersonPlanes * Size(), 0.0F);
    std::fill_n(Plane(kPersonHeatWeight), Size(), 1.0F);
  }

  void Ignore(const PersonLabel& person) {
    const double reach = std::hypot(person.box.w, person.box.h) / 2 / stride_;
    ForEach(person.box.cx, person.box.cy, reach, [&](int x, int y, std::size_t i) {
      const BoxPoint at = ToBoxAxes(person.box, Input(x), Input(y));
      if (std::abs(at.u) <= person.box.w / 2 && std::abs(at.v) <= person.box.h / 2) {
        Plane(kPersonHeatWeight)[i] = 0;
      }
    });
  }

  // `number` tells the people apart.
  void Draw(const PersonLabel& person, int number) {
    const double sigma_u = std::max(kLeastSigma, kSigmaOfSide * person.box.w / stride_);
    const double sigma_v = std::max(kLeastSigma, kSigmaOfSide * person.box.h / stride_);
    const double reach = std::max(sigma_u, sigma_v) * std::sqrt(-2 * std::log(kLeastHeat)) + 1;
    RotatedBox axes = person.box;
    axes.cx = person.x;
    axes.cy = person.y;
    const int peak_x = std::clamp(static_cast<int>(std::lround(Map(person.x))), 0, width_ - 1);
    const int peak_y = std::clamp(static_cast<int>(std::lround(Map(person.y))), 0, height_ - 1);
    ForEach(person.x, person.y, reach, [&](int x, int y, std::size_t i) {
      const BoxPoint at = ToBoxAxes(axes, Input(x), Input(y));
      const double u = at.u / stride_ / sigma_u;
      const double v = at.v / stride_ / sigma_v;
      const bool peak = x == peak_x && y == peak_y;
      const double heat = peak ? 1 : std::min(0.99, std::exp(-(u * u + v * v) / 2));
      if (heat < kLeastHeat) {
        return;
      }
      float& drawn = Plane(kPersonHeat)[i];
      drawn = std::max(drawn, static_cast<float>(heat));
      if (heat >= kBox) {
        Plane(kPersonHeatWeight)[i] = 1;
      }
      if (heat >= kLearned && heat > heats_[i]) {
        heats_[i] = heat;
        owners_[i] = number;
      }
    });
  }

  void DrawBoxes(std::span<const PersonLabel> people) {
    std::vector<double> sums(people.size(), 0);
    for (std::size_t i = 0; i < Size(); ++i) {
      if (owners_[i] >= 0) {
        sums[static_cast<std::size_t>(owners_[i])] += heats_[i];
      }
    }
    for (int y = 0; y < height_; ++y) {
      for (int x = 0; x < width_; ++x) {
        const std::size_t i = At(x, y);
        if (owners_[i] >= 0) {
          const auto owner = static_cast<std::size_t>(owners_[i]);
          DrawBox(people[owner], x, y, heats_[i] / sums[owner]);
        }
      }
    }
  }

 private:
  std::size_t Size() const {
    return static_cast<std::size_t>(width_) * static_cast<std::size_t>(height_);
  }
  std::size_t At(int x, int y) const {
    return static_cast<std::size_t>(y) * static_cast<std::size_t>(width_) +
           static_cast<std::size_t>(x);
  }
  float* Plane(PersonPlane plane) { return planes_ + plane * static_cast<std::ptrdiff_t>(Size()); }
  // Input pixels of a map pixel's centre, and back.
  double Input(int pixel) const { return (pixel + 0.5) * stride_ - 0.5; }
  double Map(double input) const { return (input + 0.5) / stride_ - 0.5; }

  template <typename Visit>
  void ForEach(double cx, double cy, double reach, Visit&& visit) {
    const auto bound = [](double at, int size) {
      return static_cast<int>(std::clamp<double>(at, 0, size));
    };
    const int right = bound(std::floor(Map(cx) + reach) + 1, width_);
    const int bottom = bound(std::floor(Map(cy) + reach) + 1, height_);
    for (int y = bound(std::ceil(Map(cy) - reach), height_); y < bottom; ++y) {
      for (int x = bound(std::ceil(Map(cx) - reach), width_); x < right; ++x) {
        visit(x, y, At(x, y));
      }
    }
  }

  void DrawBox(const PersonLabel& person, int x, int y, double weight) {
    const std::size_t i = At(x, y);
    const auto put = [&](PersonPlane plane, double value) {
      Plane(plane)[i] = static_cast<float>(value);
    };
    put(kPersonDx, Map(person.box.cx) - x);
    put(kPersonDy, Map(person.box.cy) - y);
    put(kPersonLogW, std::log(std::max(kLeastSide, person.box.w / stride_)));
    put(kPersonLogH, std::log(std::max(kLeastSide, person.box.h / stride_)));
    put(kPersonCos, std::cos(2 * person.box.degrees * kDegree));
    put(kPersonSin, std::sin(2 * person.box.degrees * kDegree));
    put(kPersonPlaceWeight, weight);
    put(kPersonShapeWeight, person.shape ? weight : 0);
  }

  int width_;
  int height_;
  int stride_;
  float* planes_;
  std::vector<int> owners_;
  std::vector<double> heats_;
};

}  // namespace

void EncodePeople(std::span<const PersonLabel> people, int width, int height, int stride,
                  float* planes) {
  TENJO_CHECK(stride > 0 && width >= stride && height >= stride && width % stride == 0 &&
              height % stride == 0);
  Drawing drawing(width, height, stride, planes);
  for (const PersonLabel& person : people) {
    if (person.ignored) {
      drawing.Ignore(person);
    }
  }
  for (std::size_t i = 0; i < people.size(); ++i) {
    if (!people[i].ignored) {
      drawing.Draw(people[i], static_cast<int>(i));
    }
  }
  drawing.DrawBoxes(people);
}

}  // namespace tenjo
