#include "tenjo/synth/render/sensor.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <vector>

#include "tenjo/base/error.h"
#include "tenjo/base/vectorized.h"

namespace tenjo::synth {
namespace {

constexpr float kMidGrey = 0.18F;
constexpr float kWhite = 8;  // radiance above which the curves are flat, after exposure

//! Lookup with the square root of the light, so that shadows get as many entries as highlights.
class Curve {
 public:
  static constexpr int kSteps = 2048;
  template <typename F>
  explicit Curve(F function) : table_(kSteps + 2) {
    for (int i = 0; i <= kSteps + 1; ++i) {
      const float root = static_cast<float>(i) / kSteps;
      table_[static_cast<std::size_t>(i)] = function(root * root * kWhite);
    }
  }
  const float* data() const { return table_.data(); }

 private:
  std::vector<float> table_;
};

float ToSrgb(float x) {
  return x <= 0.0031308F ? 12.92F * x : 1.055F * std::pow(x, 1 / 2.4F) - 0.055F;
}

//! Linear up to the middle, then a shoulder: cheap cameras clip, but not all at once.
float Shoulder(float x) {
  constexpr float kKnee = 0.6F;
  if (x <= kKnee) {
    return x;
  }
  const float over = (x - kKnee) / (1 - kKnee);
  return kKnee + (1 - kKnee) * (1 - std::exp(-over));
}

float Tone(float light, const Sensor& sensor) {
  const float value = std::pow(ToSrgb(Shoulder(light)), sensor.gamma);
  return std::clamp(0.46F + (value - 0.46F) * sensor.contrast, 0.0F, 1.0F);
}

//! A veil of scattered light and what the lens loses towards the corners; in place.
TENJO_VECTORIZED void ShadeRow(int count, float cx, float dy, float falloff, float r, float g,
                               float b, float* __restrict row) {
  for (int x = 0; x < count; ++x) {
    const float dx = static_cast<float>(x) - cx;
    const float keep = 1 / (1 + falloff * (dx * dx + dy * dy));
    row[3 * x] *= keep * r;
    row[3 * x + 1] *= keep * g;
    row[3 * x + 2] *= keep * b;
  }
}

cv::Mat Gather(const cv::Mat& radiance, const Sensor& sensor) {
  cv::Mat light = radiance.clone();
  if (sensor.motion_blur_px > 0.3F) {
    const int half = std::max(1, static_cast<int>(std::ceil(sensor.motion_blur_px / 2)));
    cv::Mat kernel = cv::Mat::zeros(2 * half + 1, 2 * half + 1, CV_32F);
    constexpr int kSteps = 32;
    for (int i = 0; i < kSteps; ++i) {
      const float along = sensor.motion_blur_px * ((static_cast<float>(i) + 0.5F) / kSteps - 0.5F);
      const float x = static_cast<float>(half) + along * std::cos(sensor.motion_angle_rad);
      const float y = static_cast<float>(half) + along * std::sin(sensor.motion_angle_rad);
      kernel.at<float>(static_cast<int>(std::lround(y)), static_cast<int>(std::lround(x))) +=
          1.0F / kSteps;
    }
    cv::filter2D(light, light, -1, kernel, {-1, -1}, 0, cv::BORDER_REPLICATE);
  }
  if (sensor.focus_blur_px > 0.15F) {
    const int side = 2 * std::max(1, static_cast<int>(std::ceil(2 * sensor.focus_blur_px))) + 1;
    cv::GaussianBlur(light, light, {side, side}, sensor.focus_blur_px, sensor.focus_blur_px,
                     cv::BORDER_REPLICATE);
  }
  const float gain = (sensor.meter > 0 ? sensor.meter : MeterLight(radiance)) * sensor.exposure;
  // A warm picture has too little blue and somewhat too much red.
  const float red = gain * std::exp2(0.25F * sensor.warm);
  const float blue = gain * std::exp2(-0.4F * sensor.warm);
  const float cx = 0.5F * static_cast<float>(light.cols - 1);
  const float cy = 0.5F * static_cast<float>(light.rows - 1);
  const float falloff =
      sensor.vignette / std::max(0.05F, 1 - sensor.vignette) / (cx * cx + cy * cy + 1);
  for (int y = 0; y < light.rows; ++y) {
    ShadeRow(light.cols, cx, static_cast<float>(y) - cy, falloff, red, gain, blue,
             light.ptr<float>(y));
  }
  return light;
}

struct ToneTables {
  const float* tone;
  const float* noise;
};

//! To tone-mapped B, G, R with noise: `grain` holds smeared noise of unit deviation, luminance in
//! its first channel.
TENJO_VECTORIZED void DevelopRow(int count, const float* __restrict light,
                                 const float* __restrict grain, ToneTables tables, float veil,
                                 float saturation, float* __restrict out) {
  constexpr float kScale = Curve::kSteps;
  for (int x = 0; x < count; ++x) {
    std::array<float, 3> value{};
    for (std::size_t c = 0; c < 3; ++c) {
      const float l = std::max(0.0F, std::min(kWhite, light[3 * x + static_cast<int>(c)] + veil));
      const float place = std::sqrt(l * (1 / kWhite)) * kScale;
      const int step = static_cast<int>(place);
      const float rest = place - static_cast<float>(step);
      const float tone = tables.tone[step] + (tables.tone[step + 1] - tables.tone[step]) * rest;
      const float coloured = grain[3 * x] + 0.6F * grain[3 * x + static_cast<int>(c)];
      value[c] = tone + tables.noise[step] * coloured;
    }
    const float grey = 0.299F * value[0] + 0.587F * value[1] + 0.114F * value[2];
    for (int c = 0; c < 3; ++c) {
      out[3 * x + c] = grey + saturation * (value[static_cast<std::size_t>(2 - c)] - grey);
    }
  }
}

//! 4096 quantiles of the normal distribution, by summing uniform numbers' inverse error function
//! through bisection of its integral: drawn from at random they are normal noise at a lookup's
//! cost.
const std::array<float, 4096>& NormalQuantiles() {
  static const std::array<float, 4096> table = [] {
    std::array<float, 4096> quantiles{};
    for (std::size_t i = 0; i < quantiles.size(); ++i) {
      const double share = (static_cast<double>(i) + 0.5) / static_cast<double>(quantiles.size());
      double low = -5;
      double high = 5;
      for (int k = 0; k < 40; ++k) {
        const double middle = 0.5 * (low + high);
        (0.5 * std::erfc(-middle / std::numbers::sqrt2) < share ? low : high) = middle;
      }
      quantiles[i] = static_cast<float>(low);
    }
    return quantiles;
  }();
  return table;
}

//! Noise of about unit deviation, smeared over neighbours as demosaicing and denoising do.
cv::Mat DrawGrain(cv::Size size, std::uint64_t seed) {
  cv::Mat grain(size, CV_32FC3);
  const auto& normal = NormalQuantiles();
  Random random(seed, 7);
  auto* out = grain.ptr<float>();
  const std::size_t count = grain.total() * 3;
  std::size_t i = 0;
  for (; i + 1 < count; i += 2) {
    const std::uint32_t bits = random.Next();
    out[i] = normal[bits & 4095U];
    out[i + 1] = normal[(bits >> 12U) & 4095U];
  }
  for (; i < count; ++i) {
    out[i] = normal[random.Next() & 4095U];
  }
  cv::Mat smeared;
  // The kernel's squares sum to 0.38 each way; 1 / 0.38 restores the deviation.
  const cv::Mat kernel = (cv::Mat_<float>(3, 1) << 0.25F, 0.5F, 0.25F);
  cv::sepFilter2D(grain, smeared, -1, kernel, kernel, {-1, -1}, 0, cv::BORDER_REFLECT_101);
  return smeared;
}

TENJO_VECTORIZED void QuantizeRow(int count, const float* __restrict value,
                                  const float* __restrict soft, float sharpen,
                                  std::uint8_t* __restrict out) {
  for (int i = 0; i < count; ++i) {
    const float halo = std::max(-0.12F, std::min(0.12F, value[i] - soft[i]));
    const float v = std::max(0.0F, std::min(1.0F, value[i] + sharpen * halo));
    // Never negative; std::lround would keep the loop from becoming vector code.
    out[i] = static_cast<std::uint8_t>(
        static_cast<int>(v * 255 + 0.5F));  // NOLINT(bugprone-incorrect-roundings)
  }
}

cv::Mat Quantize(const cv::Mat& picture, float sharpen) {
  cv::Mat soft;
  if (sharpen > 0) {
    cv::blur(picture, soft, {3, 3}, {-1, -1}, cv::BORDER_REPLICATE);
  } else {
    soft = picture;
  }
  cv::Mat bytes(picture.size(), CV_8UC3);
  for (int y = 0; y < picture.rows; ++y) {
    QuantizeRow(3 * picture.cols, picture.ptr<float>(y), soft.ptr<float>(y), 1.5F * sharpen,
                bytes.ptr<std::uint8_t>(y));
  }
  return bytes;
}

}  // namespace

// The middle of the light near mid-grey, but not so bright that much more than the brightest
// twentieth clips.
float MeterLight(const cv::Mat& radiance) {
  std::vector<float> light;
  light.reserve(radiance.total() / 12 + 1);
  for (int y = 1; y < radiance.rows; y += 4) {
    const auto* row = radiance.ptr<float>(y);
    for (int x = 1; x < radiance.cols; x += 4) {
      const float* p = row + 3 * x;
      const float luminance = 0.2126F * p[0] + 0.7152F * p[1] + 0.0722F * p[2];
      if (luminance > 0) {
        light.push_back(luminance);
      }
    }
  }
  if (light.empty()) {
    return 1;
  }
  double logs = 0;
  for (const float l : light) {
    logs += std::log(l + 1e-4);
  }
  const auto middle = static_cast<float>(std::exp(logs / static_cast<double>(light.size())));
  const auto high = light.begin() + static_cast<std::ptrdiff_t>(light.size() * 95 / 100);
  std::nth_element(light.begin(), high, light.end());
  return std::min(1.1F * kMidGrey / middle, 1.15F / std::max(*high, 1e-6F));
}

Sensor DrawSensor(Random& random) {
  // Most cameras are decent and well set; every sixth is a poor one: dirty, badly focused or lit,
  // stingy with bits.
  const float poor = random.Chance(0.16F) ? 1.0F : 0.0F;
  const auto wider = [poor](float decent, float much) { return decent + poor * (much - decent); };
  Sensor sensor;
  sensor.exposure =
      std::exp2(std::clamp(random.Normal(0, wider(0.25F, 0.45F)), -1.3F, wider(0.6F, 1.2F)));
  sensor.warm = std::clamp(random.Normal(0.08F, wider(0.22F, 0.45F)), -1.0F, 1.0F);
  sensor.gamma = std::clamp(random.Normal(1, wider(0.05F, 0.09F)), 0.8F, 1.25F);
  // Cameras make pictures livelier than the light was.
  sensor.contrast = std::clamp(random.Normal(1.1F, wider(0.07F, 0.14F)), 0.75F, 1.4F);
  sensor.saturation = std::clamp(random.Normal(1.04F, wider(0.1F, 0.22F)), 0.3F, 1.5F);
  if (random.Chance(0.03F)) {
    sensor.saturation = 0;  // infrared at night, or a monochrome camera
  }
  sensor.vignette = random.Uniform(0, wider(0.3F, 0.5F));
  sensor.focus_blur_px =
      std::min(1.2F, std::abs(random.Normal(wider(0.35F, 0.6F), wider(0.15F, 0.4F))));
  if (random.Chance(wider(0.02F, 0.12F))) {  // what it hangs from shakes
    sensor.motion_blur_px = random.Uniform(0.5F, wider(1.5F, 2.2F));
  }
  sensor.motion_angle_rad = random.Uniform(0, std::numbers::pi_v<float>);
  sensor.noise = 0.0025F * std::exp(random.Uniform(0, wider(1, 1.9F)));
  sensor.sharpen = random.Chance(0.6F) ? random.Uniform(0.1F, wider(0.4F, 0.9F)) : 0;
  sensor.jpeg_quality = random.Integer(poor > 0 ? 45 : 75, 95);
  return sensor;
}

cv::Mat Expose(const cv::Mat& radiance, const Sensor& sensor, std::uint64_t seed) {
  TENJO_CHECK(radiance.type() == CV_32FC3 && !radiance.empty());
  cv::Mat light = Gather(radiance, sensor);
  const cv::Mat grain = DrawGrain(light.size(), seed);
  const Curve tone([&](float l) { return Tone(l, sensor); });
  // Photons come with a deviation of the root of their number, the reader adds its own; both are as
  // large on the picture as the tone curve is steep.
  const Curve noise([&](float l) {
    const float step = 0.02F * (l + 0.02F);
    const float slope = (Tone(l + step, sensor) - Tone(std::max(0.0F, l - step), sensor)) /
                        (l + step - std::max(0.0F, l - step));
    const float middle =
        (Tone(1.05F * kMidGrey, sensor) - Tone(0.95F * kMidGrey, sensor)) / (0.1F * kMidGrey);
    const float deviation = std::sqrt((l + 0.03F) / (kMidGrey + 0.03F));
    // Denoising in the camera is strongest where the signal is weak.
    return sensor.noise * std::min(1.4F, deviation * slope / std::max(0.05F, middle)) / 0.44F;
  });
  constexpr float kVeil = 0.003F;
  for (int y = 0; y < light.rows; ++y) {
    // In place: each pixel is read before it is written.
    std::vector<float> row(static_cast<std::size_t>(3 * light.cols));
    DevelopRow(light.cols, light.ptr<float>(y), grain.ptr<float>(y), {tone.data(), noise.data()},
               kVeil, sensor.saturation, row.data());
    std::copy(row.begin(), row.end(), light.ptr<float>(y));
  }
  cv::Mat picture = Quantize(light, sensor.sharpen);
  if (sensor.jpeg_quality > 0) {
    std::vector<std::uint8_t> file;
    cv::imencode(".jpg", picture, file, {cv::IMWRITE_JPEG_QUALITY, sensor.jpeg_quality});
    picture = cv::imdecode(file, cv::IMREAD_COLOR);
  }
  return picture;
}

}  // namespace tenjo::synth
