#include "tenjo/quantize/reads.h"

#include <algorithm>
#include <opencv2/core.hpp>
#include <random>
#include <string>
#include <utility>

#include "tenjo/base/error.h"
#include "tenjo/quantize/runner.h"

namespace tenjo {
namespace {

constexpr std::size_t kSamplesPerNumber = 16;
constexpr std::size_t kLeastSamples = 4096;

// A tensor of one image.
struct Planes {
  int height = 0;
  int width = 0;
  const float* data = nullptr;
};

int Places(const GraphConvolution& conv, int side, std::size_t axis) {
  const FilterPlaces& places = *conv.places;
  const int reach = places.dilation[axis] * (conv.shape[2 + axis] - 1) + 1;
  const int room = side + places.pad_before[axis] + places.pad_behind[axis] - reach;
  return room < 0 ? 0 : room / places.stride[axis] + 1;
}

// Sums of what a convolution reads.
class Sums {
 public:
  explicit Sums(const GraphConvolution& conv) : conv_(conv) {
    const auto n = static_cast<int>(conv.filter_size());
    products_.resize(static_cast<std::size_t>(conv.groups));
    sums_.resize(products_.size());
    for (std::size_t g = 0; g < products_.size(); ++g) {
      products_[g] = cv::Mat::zeros(n, n, CV_64F);
      sums_[g] = cv::Mat::zeros(1, n, CV_64F);
    }
  }

  // Takes `count` places of the tensor, or all if it has no more.
  void Add(const Planes& tensor, std::size_t count, std::mt19937_64* random) {
    const int down = Places(conv_, tensor.height, 0);
    const int across = Places(conv_, tensor.width, 1);
    std::vector<std::pair<int, int>> places;
    const auto all = static_cast<std::size_t>(down) * static_cast<std::size_t>(across);
    for (std::size_t i = 0; i < std::min(all, count); ++i) {
      const std::size_t place = all <= count ? i : (*random)() % all;
      places.emplace_back(static_cast<int>(place) / across, static_cast<int>(place) % across);
    }
    if (places.empty()) {
      return;
    }
    const auto n = static_cast<int>(conv_.filter_size());
    cv::Mat rows(static_cast<int>(places.size()), n, CV_32F);
    for (std::size_t g = 0; g < products_.size(); ++g) {
      for (int i = 0; i < rows.rows; ++i) {
        Read(tensor, static_cast<int>(g), places[static_cast<std::size_t>(i)], rows.ptr<float>(i));
      }
      cv::Mat product;
      cv::Mat sum;
      cv::mulTransposed(rows, product, true, cv::noArray(), 1, CV_64F);
      cv::reduce(rows, sum, 0, cv::REDUCE_SUM, CV_64F);
      products_[g] += product;
      sums_[g] += sum;
    }
    count_ += static_cast<double>(places.size());
  }

  Reads Finish() const {
    Reads reads;
    for (std::size_t g = 0; g < products_.size() && count_ > 0; ++g) {
      const cv::Mat mean = sums_[g] / count_;
      reads.covariance.emplace_back(products_[g] / count_ - mean.t() * mean);
      reads.mean.emplace_back(mean.begin<double>(), mean.end<double>());
    }
    return reads;
  }

 private:
  // What a filter of the group sees at the place; 0 beyond the edge.
  void Read(const Planes& tensor, int group, std::pair<int, int> place, float* out) const {
    const FilterPlaces& places = *conv_.places;
    const int top = place.first * places.stride[0] - places.pad_before[0];
    const int left = place.second * places.stride[1] - places.pad_before[1];
    for (int c = 0; c < conv_.shape[1]; ++c) {
      const float* plane = tensor.data + static_cast<std::ptrdiff_t>(group * conv_.shape[1] + c) *
                                             tensor.height * tensor.width;
      for (int ky = 0; ky < conv_.shape[2]; ++ky) {
        const int y = top + ky * places.dilation[0];
        for (int kx = 0; kx < conv_.shape[3]; ++kx) {
          const int x = left + kx * places.dilation[1];
          const bool inside = y >= 0 && y < tensor.height && x >= 0 && x < tensor.width;
          *out++ = inside ? plane[static_cast<std::ptrdiff_t>(y) * tensor.width + x] : 0.0F;
        }
      }
    }
  }

  const GraphConvolution& conv_;
  std::vector<cv::Mat> products_;  // by group
  std::vector<cv::Mat> sums_;
  double count_ = 0;
};

// The image as the network's first layer reads it, channel by channel.
std::vector<float> ImagePlanes(const ModelInfo& info, const cv::Mat& image) {
  std::vector<float> planes(image.total() * 3);
  FillInput(info, image, planes.data());
  return planes;
}

}  // namespace

std::vector<Reads> MeasureReads(const FloatGraph& graph, const ModelInfo& info,
                                const std::vector<cv::Mat>& images, int threads,
                                const std::function<void()>& progress) {
  std::vector<std::string> tensors = graph.ConvolutionInputs();
  std::erase(tensors, graph.input());
  const std::vector<std::string> outputs = graph.OutputsWith(tensors);
  std::vector<Sums> sums(graph.convolutions.begin(), graph.convolutions.end());
  GraphRunner runner(graph.WriteFloat(tensors), info, images.front().size(), threads);
  std::mt19937_64 random(1);
  runner.Run(images, [&](std::size_t image, const std::vector<Answer>& answers) {
    TENJO_CHECK(answers.size() == outputs.size());
    const std::vector<float> planes = ImagePlanes(info, images[image]);
    for (std::size_t i = 0; i < sums.size(); ++i) {
      const GraphConvolution& conv = graph.convolutions[i];
      if (!conv.places) {
        continue;
      }
      Planes tensor = {images[image].rows, images[image].cols, planes.data()};
      if (conv.input != graph.input()) {
        const auto at = std::find(outputs.begin(), outputs.end(), conv.input) - outputs.begin();
        const Answer& answer = answers[static_cast<std::size_t>(at)];
        if (answer.shape.size() != 4 || answer.shape[1] != conv.groups * conv.shape[1]) {
          continue;
        }
        tensor = {answer.shape[2], answer.shape[3], answer.data};
      }
      const std::size_t wanted = std::max(kLeastSamples, kSamplesPerNumber * conv.filter_size());
      sums[i].Add(tensor, 1 + wanted / images.size(), &random);
    }
    progress();
  });
  std::vector<Reads> reads;
  reads.reserve(sums.size());
  for (const Sums& sum : sums) {
    reads.push_back(sum.Finish());
  }
  return reads;
}

}  // namespace tenjo
