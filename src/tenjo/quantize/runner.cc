#include "tenjo/quantize/runner.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <openvino/openvino.hpp>
#include <utility>

#include "tenjo/base/error.h"
#include "tenjo/infer/openvino_error.h"

namespace tenjo {
namespace {

// The number that each 8-bit value of each channel of the network's input becomes.
std::array<std::array<float, 256>, 3> PixelNumbers(const ModelInfo& info) {
  std::array<std::array<float, 256>, 3> numbers = {};
  for (std::size_t channel = 0; channel < 3; ++channel) {
    for (std::size_t value = 0; value < 256; ++value) {
      numbers[channel][value] =
          info.normalises_itself
              ? static_cast<float>(value)
              : (static_cast<float>(value) - info.mean[channel]) / info.scale[channel];
    }
  }
  return numbers;
}

std::size_t PixelChannel(const ModelInfo& info, std::size_t channel) {
  return info.colour == ColourOrder::kRgb ? 2 - channel : channel;
}

}  // namespace

void FillInput(const ModelInfo& info, const cv::Mat& image, float* out) {
  const auto numbers = PixelNumbers(info);
  const auto plane = static_cast<std::size_t>(image.rows) * static_cast<std::size_t>(image.cols);
  for (std::size_t channel = 0; channel < 3; ++channel) {
    float* to = out + channel * plane;
    for (int y = 0; y < image.rows; ++y) {
      const std::uint8_t* from = image.ptr<std::uint8_t>(y) + PixelChannel(info, channel);
      for (int x = 0; x < image.cols; ++x) {
        *to++ = numbers[channel][from[static_cast<std::ptrdiff_t>(3) * x]];
      }
    }
  }
}

std::size_t Answer::size() const {
  return std::accumulate(shape.begin(), shape.end(), std::size_t{1}, [](std::size_t n, int side) {
    return n * static_cast<std::size_t>(side);
  });
}

std::size_t Answer::plane() const {
  std::size_t numbers = 1;
  for (std::size_t i = 2; i < shape.size(); ++i) {
    numbers *= static_cast<std::size_t>(shape[i]);
  }
  return numbers;
}

struct GraphRunner::Impl {
  ModelInfo info;
  cv::Size size;
  ov::Core core;
  ov::CompiledModel compiled;
  std::vector<ov::InferRequest> requests;
  std::map<std::string, ov::Tensor> numbers;
};

GraphRunner::GraphRunner(const std::string& onnx, const ModelInfo& info, cv::Size size, int threads)
    : impl_(std::make_unique<Impl>()) {
  impl_->info = info;
  impl_->size = size;
  try {
    auto model = impl_->core.read_model(onnx, ov::Tensor());
    std::map<std::string, ov::PartialShape> shapes;
    for (const auto& input : model->inputs()) {
      const std::string name = input.get_any_name();
      if (name == info.input) {
        shapes[name] = {1, 3, size.height, size.width};
      } else {
        shapes[name] = {1};
        impl_->numbers[name] = ov::Tensor(ov::element::f32, {1});
        *impl_->numbers[name].data<float>() = 0;
      }
    }
    model->reshape(shapes);
    ov::AnyMap properties = {ov::hint::inference_precision(ov::element::f32),
                             ov::hint::performance_mode(ov::hint::PerformanceMode::THROUGHPUT)};
    if (threads > 0) {
      properties.emplace(ov::inference_num_threads(threads));
    }
    impl_->compiled = impl_->core.compile_model(model, "CPU", properties);
    const int count = std::max(
        1, static_cast<int>(impl_->compiled.get_property(ov::optimal_number_of_infer_requests)));
    for (int i = 0; i < count; ++i) {
      auto& request = impl_->requests.emplace_back(impl_->compiled.create_infer_request());
      for (const auto& [name, tensor] : impl_->numbers) {
        request.set_tensor(name, tensor);
      }
    }
  } catch (const std::exception& error) {
    throw Error(
        fmt::format("OpenVINO cannot run {}: {}", info.path.string(), OneLine(error.what())));
  }
}

GraphRunner::~GraphRunner() = default;

void GraphRunner::Set(const std::string& input, float value) {
  const auto found = impl_->numbers.find(input);
  TENJO_CHECK(found != impl_->numbers.end());
  *found->second.data<float>() = value;
}

void GraphRunner::Run(
    const std::vector<cv::Mat>& images,
    const std::function<void(std::size_t image, const std::vector<Answer>&)>& take) {
  const std::size_t slots = impl_->requests.size();
  const auto finish = [&](std::size_t image) {
    ov::InferRequest& request = impl_->requests[image % slots];
    request.wait();
    std::vector<Answer> answers;
    for (std::size_t i = 0; i < impl_->compiled.outputs().size(); ++i) {
      const ov::Tensor tensor = request.get_output_tensor(i);
      Answer answer;
      for (const std::size_t side : tensor.get_shape()) {
        answer.shape.push_back(static_cast<int>(side));
      }
      answer.data = tensor.data<const float>();
      answers.push_back(std::move(answer));
    }
    take(image, answers);
  };
  try {
    for (std::size_t image = 0; image < images.size(); ++image) {
      if (image >= slots) {
        finish(image - slots);
      }
      TENJO_CHECK(images[image].size() == impl_->size && images[image].type() == CV_8UC3);
      ov::InferRequest& request = impl_->requests[image % slots];
      FillInput(impl_->info, images[image], request.get_tensor(impl_->info.input).data<float>());
      request.start_async();
    }
    for (std::size_t i = images.size() - std::min(images.size(), slots); i < images.size(); ++i) {
      finish(i);
    }
  } catch (const ov::Exception& error) {
    throw Error(fmt::format("OpenVINO cannot run {}: {}", impl_->info.path.string(),
                            OneLine(error.what())));
  }
}

std::map<std::string, TensorStatistics> CollectStatistics(
    const std::string& onnx, const std::vector<std::string>& outputs, const ModelInfo& info,
    const std::vector<cv::Mat>& images, int threads, const std::function<void()>& progress) {
  GraphRunner runner(onnx, info, images.front().size(), threads);
  std::vector<TensorStatistics> all(outputs.size());
  runner.Run(images, [&](std::size_t, const std::vector<Answer>& answers) {
    TENJO_CHECK(answers.size() == outputs.size());
    for (std::size_t i = 0; i < answers.size(); ++i) {
      TensorStatistics& one = all[i];
      const Answer& answer = answers[i];
      const std::size_t plane = answer.plane();
      const std::size_t channels = answer.size() / plane;
      one.channel_mean.resize(channels);
      one.channel_square.resize(channels);
      for (std::size_t c = 0; c < channels; ++c) {
        double sum = 0;
        double squares = 0;
        for (std::size_t p = 0; p < plane; ++p) {
          const float value = answer.data[c * plane + p];
          sum += value;
          squares += static_cast<double>(value) * value;
          one.least = std::min(one.least, value);
          one.most = std::max(one.most, value);
        }
        const auto share = static_cast<double>(plane) * static_cast<double>(images.size());
        one.channel_mean[c] += sum / share;
        one.channel_square[c] += squares / share;
      }
    }
    progress();
  });
  for (std::size_t i = 0; i < all.size(); ++i) {
    const bool finite = std::all_of(all[i].channel_square.begin(), all[i].channel_square.end(),
                                    [](double value) { return std::isfinite(value); });
    if (!finite) {
      throw Error(fmt::format("{} answers numbers that are not finite in {}", info.path.string(),
                              outputs[i]));
    }
  }
  runner.Run(images, [&](std::size_t, const std::vector<Answer>& answers) {
    for (std::size_t i = 0; i < answers.size(); ++i) {
      TensorStatistics& one = all[i];
      const float most = one.absolute_most();
      const float per_bin = most > 0 ? static_cast<float>(TensorStatistics::kBins) / most : 0.0F;
      const std::size_t size = answers[i].size();
      for (std::size_t n = 0; n < size; ++n) {
        const auto bin = static_cast<std::size_t>(std::abs(answers[i].data[n]) * per_bin);
        one.counts[std::min(bin, TensorStatistics::kBins - 1)] += 1;
      }
    }
    progress();
  });
  std::map<std::string, TensorStatistics> named;
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    named[outputs[i]] = std::move(all[i]);
  }
  return named;
}

TensorStatistics InputStatistics(const ModelInfo& info, const std::vector<cv::Mat>& images) {
  TensorStatistics out;
  const auto numbers = PixelNumbers(info);
  for (const auto& channel : numbers) {
    out.least = std::min({out.least, channel.front(), channel.back()});
    out.most = std::max({out.most, channel.front(), channel.back()});
  }
  out.channel_mean.resize(3);
  out.channel_square.resize(3);
  double all = 0;
  for (const cv::Mat& image : images) {
    all += static_cast<double>(image.total());
  }
  for (const cv::Mat& image : images) {
    std::array<std::array<double, 256>, 3> counts = {};
    for (int y = 0; y < image.rows; ++y) {
      const std::uint8_t* row = image.ptr<std::uint8_t>(y);
      for (int x = 0; x < image.cols * 3; ++x) {
        counts[static_cast<std::size_t>(x % 3)][row[x]] += 1;
      }
    }
    for (std::size_t c = 0; c < 3; ++c) {
      for (std::size_t v = 0; v < 256; ++v) {
        const double count = counts[PixelChannel(info, c)][v];
        const double number = numbers[c][v];
        out.channel_mean[c] += count * number / all;
        out.channel_square[c] += count * number * number / all;
        const double bin = std::abs(number) / std::max(out.absolute_most(), 1e-30F) *
                           static_cast<double>(TensorStatistics::kBins);
        out.counts[std::min(static_cast<std::size_t>(bin), TensorStatistics::kBins - 1)] += count;
      }
    }
  }
  return out;
}

}  // namespace tenjo
