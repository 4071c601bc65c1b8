#include "tenjo/infer/torch/depthwise.h"

#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <vector>

#include "tenjo/base/error.h"
#include "tenjo/base/vectorized.h"

namespace tenjo {
namespace {

constexpr int kLanes = 16;
using Floats = float __attribute__((vector_size(4 * kLanes)));
using Words = std::uint32_t __attribute__((vector_size(4 * kLanes)));
using Halves = std::uint16_t __attribute__((vector_size(2 * kLanes)));

// Vectors go by reference: by value, how they are passed would depend on the processor.
inline __attribute__((always_inline)) void Load(const float* from, int count, Floats* to) {
  if (count >= kLanes) {
    std::memcpy(to, from, sizeof(*to));
  } else {
    *to = Floats{};
    std::memcpy(to, from, sizeof(float) * static_cast<std::size_t>(count));
  }
}

inline __attribute__((always_inline)) void Load(const std::uint16_t* from, int count, Floats* to) {
  Halves halves{};
  if (count >= kLanes) {
    std::memcpy(&halves, from, sizeof(halves));
  } else {
    std::memcpy(&halves, from, sizeof(*from) * static_cast<std::size_t>(count));
  }
  const Words words = __builtin_convertvector(halves, Words) << 16U;
  std::memcpy(to, &words, sizeof(words));
}

inline __attribute__((always_inline)) void Store(const Floats& from, int count, float* to) {
  std::memcpy(to, &from,
              count >= kLanes ? sizeof(from) : sizeof(*to) * static_cast<std::size_t>(count));
}

// To the nearest, ties to even, as LibTorch rounds.
inline __attribute__((always_inline)) void Store(const Floats& from, int count, std::uint16_t* to) {
  Words words;
  std::memcpy(&words, &from, sizeof(words));
  const Words rounded = (words + 0x7FFFU + ((words >> 16U) & 1U)) >> 16U;
  const Words is_number = (words & 0x7FFFFFFFU) <= 0x7F800000U;
  const Words kept = (rounded & is_number) | (0x7FC0U & ~is_number);
  const Halves halves = __builtin_convertvector(kept, Halves);
  std::memcpy(to, &halves,
              count >= kLanes ? sizeof(halves) : sizeof(*to) * static_cast<std::size_t>(count));
}

struct Shape {
  int channels = 0;
  int in_height = 0;
  int in_width = 0;
  int out_height = 0;
  int out_width = 0;
  int kernel = 0;
  int stride = 0;
  int padding = 0;
  int dilation = 0;
};

// `input`: N x C x H x W; `weight`: C x 1 x k x k.
Shape ShapeOf(const torch::Tensor& input, const torch::Tensor& weight, std::int64_t stride,
              std::int64_t padding, std::int64_t dilation) {
  Shape shape;
  shape.channels = static_cast<int>(input.size(1));
  shape.in_height = static_cast<int>(input.size(2));
  shape.in_width = static_cast<int>(input.size(3));
  shape.kernel = static_cast<int>(weight.size(2));
  shape.stride = static_cast<int>(stride);
  shape.padding = static_cast<int>(padding);
  shape.dilation = static_cast<int>(dilation);
  const int reach = shape.dilation * (shape.kernel - 1) + 1;
  TENJO_CHECK(shape.in_height + 2 * shape.padding >= reach &&
              shape.in_width + 2 * shape.padding >= reach);
  shape.out_height = (shape.in_height + 2 * shape.padding - reach) / shape.stride + 1;
  shape.out_width = (shape.in_width + 2 * shape.padding - reach) / shape.stride + 1;
  return shape;
}

// Less than that many numbers are not worth another thread.
constexpr std::int64_t kGrain = 1 << 16;

// How many pieces of so many numbers a thread takes at least.
std::int64_t Grain(std::int64_t numbers) { return std::max<std::int64_t>(1, kGrain / numbers); }

// A pixel that a pixel depends on: where it begins within its image, and by which weight.
struct Tap {
  std::int64_t offset = 0;
  int weight = 0;
};

// Of an output pixel: the input pixels that it reads.
void TapsForward(const Shape& shape, int y, int x, std::vector<Tap>* taps) {
  taps->clear();
  for (int ky = 0; ky < shape.kernel; ++ky) {
    const int in_y = y * shape.stride - shape.padding + ky * shape.dilation;
    for (int kx = 0; kx < shape.kernel && in_y >= 0 && in_y < shape.in_height; ++kx) {
      const int in_x = x * shape.stride - shape.padding + kx * shape.dilation;
      if (in_x >= 0 && in_x < shape.in_width) {
        taps->push_back({(static_cast<std::int64_t>(in_y) * shape.in_width + in_x) * shape.channels,
                         ky * shape.kernel + kx});
      }
    }
  }
}

// Of an input pixel: the output pixels that read it.
void TapsBackward(const Shape& shape, int y, int x, std::vector<Tap>* taps) {
  taps->clear();
  for (int ky = 0; ky < shape.kernel; ++ky) {
    const int from_y = y + shape.padding - ky * shape.dilation;
    const int out_y = from_y / shape.stride;
    if (from_y < 0 || from_y % shape.stride != 0 || out_y >= shape.out_height) {
      continue;
    }
    for (int kx = 0; kx < shape.kernel; ++kx) {
      const int from_x = x + shape.padding - kx * shape.dilation;
      const int out_x = from_x / shape.stride;
      if (from_x >= 0 && from_x % shape.stride == 0 && out_x < shape.out_width) {
        taps->push_back(
            {(static_cast<std::int64_t>(out_y) * shape.out_width + out_x) * shape.channels,
             ky * shape.kernel + kx});
      }
    }
  }
}

// A pixel of all channels: the sum of weights (a row of channels a tap) times pixels.
template <typename Number>
inline __attribute__((always_inline)) void Gather(const Number* image, const float* weights,
                                                  const float* bias, const std::vector<Tap>& taps,
                                                  int channels, Number* to) {
  for (int c = 0; c < channels; c += kLanes) {
    const int count = channels - c;
    Floats sum{};
    if (bias != nullptr) {
      Load(bias + c, count, &sum);
    }
    for (const Tap& tap : taps) {
      Floats pixel;
      Floats weight;
      Load(image + tap.offset + c, count, &pixel);
      Load(weights + static_cast<std::int64_t>(tap.weight) * channels + c, count, &weight);
      sum += pixel * weight;
    }
    Store(sum, count, to + c);
  }
}

// What a pixel of the output's gradient adds to the gradients of weights and bias.
template <typename Number>
inline __attribute__((always_inline)) void Scatter(const Number* image, const Number* gradient,
                                                   const std::vector<Tap>& taps, int channels,
                                                   float* weights, float* bias) {
  for (int c = 0; c < channels; c += kLanes) {
    const int count = channels - c;
    Floats slope;
    Floats sum;
    Load(gradient + c, count, &slope);
    Load(bias + c, count, &sum);
    sum += slope;
    Store(sum, count, bias + c);
    for (const Tap& tap : taps) {
      Floats pixel;
      float* weight = weights + static_cast<std::int64_t>(tap.weight) * channels + c;
      Load(image + tap.offset + c, count, &pixel);
      Load(weight, count, &sum);
      sum += pixel * slope;
      Store(sum, count, weight);
    }
  }
}

TENJO_VECTORIZED_WIDE void GatherPixel(const float* image, const float* weights, const float* bias,
                                       const std::vector<Tap>& taps, int channels, float* to) {
  Gather(image, weights, bias, taps, channels, to);
}

TENJO_VECTORIZED_WIDE void GatherPixel(const std::uint16_t* image, const float* weights,
                                       const float* bias, const std::vector<Tap>& taps,
                                       int channels, std::uint16_t* to) {
  Gather(image, weights, bias, taps, channels, to);
}

TENJO_VECTORIZED_WIDE void ScatterPixel(const float* image, const float* gradient,
                                        const std::vector<Tap>& taps, int channels, float* weights,
                                        float* bias) {
  Scatter(image, gradient, taps, channels, weights, bias);
}

TENJO_VECTORIZED_WIDE void ScatterPixel(const std::uint16_t* image, const std::uint16_t* gradient,
                                        const std::vector<Tap>& taps, int channels, float* weights,
                                        float* bias) {
  Scatter(image, gradient, taps, channels, weights, bias);
}

// Fills `to` (N x C x height x width) from `from` by taps of each pixel.
template <typename Number, typename TapsOf>
void GatherImages(const torch::Tensor& from, const torch::Tensor& weights, const float* bias,
                  const Shape& shape, const TapsOf& taps_of, const torch::Tensor& to) {
  const auto* source = static_cast<const Number*>(from.data_ptr());
  auto* target = static_cast<Number*>(to.data_ptr());
  const std::int64_t height = to.size(2);
  const auto width = static_cast<int>(to.size(3));
  const std::int64_t image = from.size(2) * from.size(3) * shape.channels;
  const std::int64_t row_numbers = static_cast<std::int64_t>(width) * shape.channels;
  at::parallel_for(
      0, to.size(0) * height, Grain(row_numbers), [&](std::int64_t first, std::int64_t end) {
        std::vector<Tap> taps;
        for (std::int64_t row = first; row < end; ++row) {
          for (int x = 0; x < width; ++x) {
            taps_of(shape, static_cast<int>(row % height), x, &taps);
            GatherPixel(source + row / height * image, weights.data_ptr<float>(), bias, taps,
                        shape.channels, target + (row * width + x) * shape.channels);
          }
        }
      });
}

// Gradients of weights (rows of channels) and bias, image by image and then summed, so that they do
// not depend on how many threads there are.
template <typename Number>
torch::Tensor ScatterImages(const torch::Tensor& input, const torch::Tensor& gradient,
                            const Shape& shape) {
  const std::int64_t count = input.size(0);
  const std::int64_t taps_of_weight = static_cast<std::int64_t>(shape.kernel) * shape.kernel;
  torch::Tensor sums = torch::zeros({count, taps_of_weight + 1, shape.channels}, torch::kFloat32);
  const auto* source = static_cast<const Number*>(input.data_ptr());
  const auto* slopes = static_cast<const Number*>(gradient.data_ptr());
  auto* sum = sums.data_ptr<float>();
  const std::int64_t in_image = input.size(2) * input.size(3) * shape.channels;
  const std::int64_t out_image = gradient.size(2) * gradient.size(3) * shape.channels;
  at::parallel_for(0, count, Grain(out_image), [&](std::int64_t first, std::int64_t end) {
    std::vector<Tap> taps;
    for (std::int64_t n = first; n < end; ++n) {
      float* weights = sum + n * (taps_of_weight + 1) * shape.channels;
      float* bias = weights + taps_of_weight * shape.channels;
      const Number* slope = slopes + n * out_image;
      for (int y = 0; y < shape.out_height; ++y) {
        for (int x = 0; x < shape.out_width; ++x, slope += shape.channels) {
          TapsForward(shape, y, x, &taps);
          ScatterPixel(source + n * in_image, slope, taps, shape.channels, weights, bias);
        }
      }
    }
  });
  return sums.sum(0);
}

// C x 1 x k x k as rows of channels, and back.
torch::Tensor RowsOf(const torch::Tensor& weight) {
  return weight.detach().flatten(1).t().to(torch::kFloat32).contiguous();
}

class Depthwise : public torch::autograd::Function<Depthwise> {
 public:
  static torch::Tensor forward(torch::autograd::AutogradContext* context, torch::Tensor input,
                               const torch::Tensor& weight,
                               const c10::optional<torch::Tensor>& bias, std::int64_t stride,
                               std::int64_t padding, std::int64_t dilation) {
    input = input.contiguous(torch::MemoryFormat::ChannelsLast);
    const Shape shape = ShapeOf(input, weight, stride, padding, dilation);
    context->save_for_backward({input, weight});
    context->saved_data["stride"] = stride;
    context->saved_data["padding"] = padding;
    context->saved_data["dilation"] = dilation;
    context->saved_data["bias"] = bias.has_value();
    torch::Tensor out =
        torch::empty({input.size(0), shape.channels, shape.out_height, shape.out_width},
                     input.options(), torch::MemoryFormat::ChannelsLast);
    const torch::Tensor rows = RowsOf(weight);
    const torch::Tensor start =
        bias ? bias->detach().to(torch::kFloat32).contiguous() : torch::Tensor();
    const float* first = start.defined() ? start.data_ptr<float>() : nullptr;
    if (input.scalar_type() == torch::kBFloat16) {
      GatherImages<std::uint16_t>(input, rows, first, shape, TapsForward, out);
    } else {
      GatherImages<float>(input, rows, first, shape, TapsForward, out);
    }
    return out;
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 torch::autograd::variable_list gradients) {
    const auto saved = context->get_saved_variables();
    const torch::Tensor& input = saved[0];
    const torch::Tensor& weight = saved[1];
    const Shape shape =
        ShapeOf(input, weight, context->saved_data["stride"].toInt(),
                context->saved_data["padding"].toInt(), context->saved_data["dilation"].toInt());
    const torch::Tensor gradient =
        gradients[0].to(input.scalar_type()).contiguous(torch::MemoryFormat::ChannelsLast);
    const bool half = input.scalar_type() == torch::kBFloat16;
    torch::autograd::variable_list given(6);
    if (context->needs_input_grad(0)) {
      given[0] = torch::empty_like(input, torch::MemoryFormat::ChannelsLast);
      const torch::Tensor rows = RowsOf(weight);
      if (half) {
        GatherImages<std::uint16_t>(gradient, rows, nullptr, shape, TapsBackward, given[0]);
      } else {
        GatherImages<float>(gradient, rows, nullptr, shape, TapsBackward, given[0]);
      }
    }
    const bool has_bias = context->saved_data["bias"].toBool();
    if (context->needs_input_grad(1) || (has_bias && context->needs_input_grad(2))) {
      const torch::Tensor sums = half ? ScatterImages<std::uint16_t>(input, gradient, shape)
                                      : ScatterImages<float>(input, gradient, shape);
      const std::int64_t taps = sums.size(0) - 1;
      given[1] =
          sums.narrow(0, 0, taps).t().contiguous().view(weight.sizes()).to(weight.scalar_type());
      if (has_bias) {
        given[2] = sums.select(0, taps).clone();
      }
    }
    return given;
  }
};

}  // namespace

bool TakesDepthwise(const torch::Tensor& input, const torch::Tensor& weight, int groups) {
  return input.device().is_cpu() && weight.device().is_cpu() && input.size(1) == groups &&
         weight.size(0) == groups && weight.size(1) == 1 && weight.size(2) == weight.size(3) &&
         weight.scalar_type() == torch::kFloat32 &&
         (input.scalar_type() == torch::kFloat32 || input.scalar_type() == torch::kBFloat16);
}

torch::Tensor DepthwiseConvolve(const torch::Tensor& input, const torch::Tensor& weight,
                                const torch::Tensor& bias, int stride, int padding, int dilation) {
  TENJO_CHECK(TakesDepthwise(input, weight, static_cast<int>(input.size(1))));
  const auto given = bias.defined() ? c10::make_optional(bias) : c10::nullopt;
  return Depthwise::apply(input, weight, given, static_cast<std::int64_t>(stride),
                          static_cast<std::int64_t>(padding), static_cast<std::int64_t>(dilation));
}

}  // namespace tenjo
