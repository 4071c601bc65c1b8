#include <fmt/format.h>
#include <torch/cuda.h>
#include <torch/types.h>
#include <torch/version.h>

#include <ATen/Parallel.h>
#include <algorithm>
#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tenjo/base/error.h"
#include "tenjo/infer/backend.h"
#include "tenjo/infer/openvino_error.h"
#include "tenjo/infer/torch/network_module.h"
#include "tenjo/model/network_onnx.h"

namespace tenjo {
namespace {

torch::Device ParseDevice(const std::string& name) {
  std::string upper = name;
  std::transform(upper.begin(), upper.end(), upper.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  if (upper == "CPU") {
    return torch::Device(torch::kCPU);
  }
  const std::string cuda = "CUDA";
  const bool numbered = upper.starts_with(cuda + ":") && upper.size() == cuda.size() + 2 &&
                        upper.back() >= '0' && upper.back() <= '9';
  if (upper != cuda && !numbered) {
    throw Error(fmt::format("LibTorch has no device '{}'; it has CPU and CUDA", name));
  }
  const int index = numbered ? upper.back() - '0' : 0;
  const auto count =
      static_cast<int>(torch::cuda::is_available() ? torch::cuda::device_count() : 0);
  if (index >= count) {
    throw Error(
        fmt::format("LibTorch sees {} CUDA devices here, so {} cannot be used", count, name));
  }
  return torch::Device(torch::kCUDA, static_cast<torch::DeviceIndex>(index));
}

// One thread runs the requests in their order; LibTorch's own threads share each of them.
class TorchBackend : public Backend {
 public:
  TorchBackend(const ModelInfo& info, const BackendOptions& options)
      : info_(info),
        maps_(MapsOf(info)),
        device_(ParseDevice(options.device)),
        module_(ReadOnnxNetwork(info.path)),
        width_(options.height == 0 ? info.input_width : options.width),
        height_(options.height == 0 ? info.input_height : options.height),
        threads_(options.threads),
        slots_(static_cast<std::size_t>(options.requests > 0 ? options.requests : 2)) {
    module_.eval();
    module_.UseChannelsLast();
    module_.to(device_);
    worker_ = std::thread([this] { Work(); });
  }

  ~TorchBackend() override {
    {
      const std::lock_guard lock(mutex_);
      ending_ = true;
    }
    changed_.notify_all();
    worker_.join();
  }
  TorchBackend(const TorchBackend&) = delete;
  TorchBackend& operator=(const TorchBackend&) = delete;

  int num_slots() const override { return static_cast<int>(slots_.size()); }

  cv::Mat Input(int slot, cv::Size size) override {
    Slot& own = At(slot);
    TENJO_CHECK(!own.started);
    TENJO_CHECK(size.height == height_);
    TENJO_CHECK(width_ == 0 ? size.width >= 1 && size.width <= kMaxInputSide
                            : size.width == width_);
    // Of a fixed size the memory stays where it is.
    own.input.create(size, CV_8UC3);
    return own.input;
  }

  void Start(int slot) override {
    Slot& own = At(slot);
    TENJO_CHECK(!own.started && !own.input.empty());
    own.started = true;
    own.done = false;
    own.failure = nullptr;
    {
      const std::lock_guard lock(mutex_);
      queue_.push_back(slot);
    }
    changed_.notify_all();
  }

  std::vector<TensorView> Wait(int slot) override {
    Slot& own = At(slot);
    TENJO_CHECK(own.started);
    own.started = false;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return own.done; });
    }
    if (own.failure) {
      try {
        std::rethrow_exception(own.failure);
      } catch (const Error&) {
        throw;
      } catch (const std::exception& error) {
        throw Error(fmt::format("the network {} failed on {}: {}", info_.path.string(),
                                device_.str(), OneLine(error.what())));
      }
    }
    std::vector<TensorView> views;
    for (std::size_t i = 0; i < maps_.size(); ++i) {
      const torch::Tensor& answer = own.answers[i];
      views.push_back({maps_[i].name,
                       std::vector<int>(answer.sizes().begin(), answer.sizes().end()),
                       answer.data_ptr<float>()});
    }
    return views;
  }

  std::string Describe() const override {
    return fmt::format("LibTorch {} on {}: {} at {}x{}, {} threads, {} requests, f32",
                       TORCH_VERSION, device_.str(), info_.name,
                       width_ == 0 ? "any width " : std::to_string(width_), height_,
                       threads_ > 0 ? threads_ : at::get_num_threads(), num_slots());
  }

 private:
  struct Slot {
    cv::Mat input;
    std::vector<torch::Tensor> answers;
    bool started = false;
    bool done = false;
    std::exception_ptr failure;
  };

  Slot& At(int slot) {
    TENJO_CHECK(slot >= 0 && slot < num_slots());
    return slots_[static_cast<std::size_t>(slot)];
  }

  void Work() {
    if (threads_ > 0) {
      SetTorchThreads(threads_);
    }
    std::unique_lock lock(mutex_);
    while (true) {
      changed_.wait(lock, [&] { return ending_ || !queue_.empty(); });
      if (ending_) {
        return;
      }
      Slot& own = At(queue_.front());
      queue_.pop_front();
      lock.unlock();
      try {
        Infer(&own);
      } catch (...) {
        own.failure = std::current_exception();
      }
      lock.lock();
      own.done = true;
      changed_.notify_all();
    }
  }

  void Infer(Slot* slot) {
    const torch::InferenceMode inference;
    const cv::Mat& image = slot->input;
    // NHWC, as the picture lies, seen as NCHW.
    const torch::Tensor bgr =
        torch::from_blob(image.data, {1, image.rows, image.cols, 3}, torch::kUInt8)
            .permute({0, 3, 1, 2})
            .to(device_);
    std::vector<std::string> names;
    names.reserve(maps_.size());
    for (const ModelOutput& map : maps_) {
      names.push_back(map.name);
    }
    auto answers = module_.ForwardTo(bgr, names);
    slot->answers.clear();
    for (const ModelOutput& map : maps_) {
      const torch::Tensor answer = answers.at(map.name).to(torch::kCPU).contiguous();
      CheckAnswer(map, answer, image.size());
      slot->answers.push_back(answer);
    }
  }

  void CheckAnswer(const ModelOutput& map, const torch::Tensor& answer, cv::Size size) const {
    const auto fits = [&](std::int64_t side, int pixels) {
      return side == pixels / info_.stride || side == (pixels + info_.stride - 1) / info_.stride;
    };
    if (answer.dim() != 4 || answer.size(1) != map.channels || !fits(answer.size(2), size.height) ||
        !fits(answer.size(3), size.width)) {
      throw Error(fmt::format("the output {} of {} does not have {} planes of its stride {}",
                              map.name, info_.path.string(), map.channels, info_.stride));
    }
  }

  ModelInfo info_;
  std::vector<ModelOutput> maps_;
  torch::Device device_;
  NetworkModule module_;
  int width_;
  int height_;
  int threads_;
  std::vector<Slot> slots_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<int> queue_;
  bool ending_ = false;
  std::thread worker_;
};

}  // namespace

//! Called by name through TorchFunction; whoever calls owns what comes back.
extern "C" Backend* tenjo_create_torch_backend(const ModelInfo& info,
                                               const BackendOptions& options) {
  try {
    return new TorchBackend(info, options);
  } catch (const Error&) {
    throw;
  } catch (const CheckFailure&) {
    throw;
  } catch (const std::exception& error) {
    throw Error(fmt::format("LibTorch cannot run {} on {}: {}", info.path.string(), options.device,
                            OneLine(error.what())));
  }
}

}  // namespace tenjo
