#include "tenjo/train/process_group.h"

#include <fmt/format.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupNCCL.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>

#include <chrono>
#include <cstdlib>
#include <optional>
#include <string>

#include "tenjo/base/error.h"
#include "tenjo/base/text.h"

namespace tenjo {
namespace {

constexpr std::chrono::minutes kPatience(30);

class Alone : public ProcessGroup {
 public:
  int rank() const override { return 0; }
  int world() const override { return 1; }
  void Sum(torch::Tensor) override {}
  void Broadcast(torch::Tensor) override {}
};

// What lies on GPUs goes over NCCL where LibTorch has it, all else over gloo.
class Joined : public ProcessGroup {
 public:
  Joined(const std::string& host, int port, int rank, int world) : rank_(rank), world_(world) {
    c10d::TCPStoreOptions options;
    options.port = static_cast<std::uint16_t>(port);
    options.isServer = rank == 0;
    options.numWorkers = static_cast<std::size_t>(world);
    options.timeout = std::chrono::duration_cast<std::chrono::milliseconds>(kPatience);
    store_ = c10::make_intrusive<c10d::TCPStore>(host, options);
    auto gloo = c10d::ProcessGroupGloo::Options::create();
    const char* interface = std::getenv("GLOO_SOCKET_IFNAME");
    gloo->devices.push_back(interface != nullptr && *interface != '\0'
                                ? c10d::ProcessGroupGloo::createDeviceForInterface(interface)
                                : c10d::ProcessGroupGloo::createDefaultDevice());
    gloo->timeout = std::chrono::duration_cast<std::chrono::milliseconds>(kPatience);
    group_ = c10::make_intrusive<c10d::ProcessGroupGloo>(store_, rank, world, gloo);
  }

  int rank() const override { return rank_; }
  int world() const override { return world_; }

  void Sum(torch::Tensor tensor) override {
    Share(tensor, [](auto* group, auto& tensors) { group->allreduce(tensors)->wait(); });
  }

  void Broadcast(torch::Tensor tensor) override {
    Share(tensor, [](auto* group, auto& tensors) { group->broadcast(tensors)->wait(); });
  }

 private:
  // Both take contiguous tensors, gloo those of the CPU.
  template <typename Work>
  void Share(torch::Tensor tensor, const Work& work) {
    const torch::NoGradGuard no_grad;
    std::vector<torch::Tensor> tensors = {tensor.detach().contiguous()};
    try {
#ifdef USE_C10D_NCCL
      if (tensor.is_cuda()) {
        if (!nccl_) {
          nccl_ = c10::make_intrusive<c10d::ProcessGroupNCCL>(
              c10::make_intrusive<c10d::PrefixStore>("nccl", store_), rank_, world_);
        }
        work(nccl_.get(), tensors);
      } else {
        work(group_.get(), tensors);
      }
#else
      tensors[0] = tensors[0].to(torch::kCPU);
      work(group_.get(), tensors);
#endif
    } catch (const std::exception& error) {
      throw Error(fmt::format("Process {} of {} lost the others: {}.", rank_, world_,
                              FirstLine(error.what())));
    }
    if (!tensors[0].is_same(tensor)) {
      tensor.detach().copy_(tensors[0]);
    }
  }

  static std::string FirstLine(const std::string& text) { return text.substr(0, text.find('\n')); }

  int rank_;
  int world_;
  c10::intrusive_ptr<c10d::TCPStore> store_;
  c10::intrusive_ptr<c10d::ProcessGroupGloo> group_;
#ifdef USE_C10D_NCCL
  c10::intrusive_ptr<c10d::ProcessGroupNCCL> nccl_;
#endif
};

std::optional<int> WholeVariable(const char* name, int low, int high) {
  const char* text = std::getenv(name);
  if (text == nullptr || *text == '\0') {
    return std::nullopt;
  }
  const std::optional<long long> value = ParseInt(text);
  if (!value || *value < low || *value > high) {
    throw Error(
        fmt::format("The environment variable {} is \"{}\" and must be a whole number from "
                    "{} to {}.",
                    name, text, low, high));
  }
  return static_cast<int>(*value);
}

struct SumFunction : public torch::autograd::Function<SumFunction> {
  static torch::Tensor forward(torch::autograd::AutogradContext* context,
                               const torch::Tensor& tensor, std::int64_t group) {
    context->saved_data["group"] = group;
    torch::Tensor sum = tensor.contiguous().clone();
    reinterpret_cast<ProcessGroup*>(group)->Sum(sum);  // NOLINT(performance-no-int-to-ptr)
    return sum;
  }

  static torch::autograd::tensor_list backward(torch::autograd::AutogradContext* context,
                                               const torch::autograd::tensor_list& gradients) {
    torch::Tensor sum = gradients[0].contiguous().clone();
    // NOLINTNEXTLINE(performance-no-int-to-ptr)
    reinterpret_cast<ProcessGroup*>(context->saved_data["group"].toInt())->Sum(sum);
    return {sum, torch::Tensor()};
  }
};

}  // namespace

std::unique_ptr<ProcessGroup> ProcessGroup::FromEnvironment() {
  constexpr int kMostProcesses = 65536;
  const int world = WholeVariable("WORLD_SIZE", 1, kMostProcesses).value_or(1);
  if (world == 1) {
    return std::make_unique<Alone>();
  }
  const std::optional<int> rank = WholeVariable("RANK", 0, world - 1);
  const std::optional<int> port = WholeVariable("MASTER_PORT", 1, 65535);
  const char* host = std::getenv("MASTER_ADDR");
  if (!rank || !port || host == nullptr || *host == '\0') {
    throw Error(fmt::format(
        "WORLD_SIZE is {}, so RANK, MASTER_ADDR and MASTER_PORT must be set too, as torchrun does.",
        world));
  }
  try {
    return std::make_unique<Joined>(host, *port, *rank, world);
  } catch (const std::exception& error) {
    const std::string what = error.what();
    throw Error(fmt::format("Process {} of {} cannot join the others at {}:{}: {}.", *rank, world,
                            host, *port, what.substr(0, what.find('\n'))));
  }
}

torch::Tensor DifferentiableSum(ProcessGroup* group, const torch::Tensor& tensor) {
  return SumFunction::apply(tensor, reinterpret_cast<std::int64_t>(group));
}

torch::Tensor SharedBatchNorm(ProcessGroup* group, const torch::Tensor& input,
                              const torch::Tensor& scale, const torch::Tensor& shift,
                              torch::Tensor mean, torch::Tensor variance, double momentum,
                              double epsilon) {
  const std::int64_t channels = input.size(1);
  const double count = static_cast<double>(input.numel()) / static_cast<double>(channels) *
                       static_cast<double>(group->world());
  const torch::Tensor values = input.to(torch::kFloat64);
  const torch::Tensor sums =
      DifferentiableSum(group, torch::cat({values.sum({0, 2, 3}), values.square().sum({0, 2, 3})}));
  const torch::Tensor here_mean = sums.narrow(0, 0, channels) / count;
  const torch::Tensor here_variance =
      (sums.narrow(0, channels, channels) / count - here_mean.square()).clamp_min(0);
  {
    const torch::NoGradGuard no_grad;
    mean.lerp_(here_mean.detach().to(mean.scalar_type()), momentum);
    variance.lerp_((here_variance.detach() * (count / (count - 1))).to(variance.scalar_type()),
                   momentum);
  }
  const auto by_channel = [&](const torch::Tensor& tensor) {
    return tensor.to(torch::kFloat32).view({1, channels, 1, 1});
  };
  const torch::Tensor factor = (here_variance + epsilon).rsqrt() * scale;
  return input * by_channel(factor) + by_channel(shift - here_mean * factor);
}

}  // namespace tenjo
