#include "tenjo/infer/backend.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <string_view>

#include "tenjo/base/error.h"
#include "tenjo/infer/openvino_backend.h"
#include "tenjo/infer/torch_module.h"

namespace tenjo {
namespace {

struct Kind {
  std::string_view name;
  std::unique_ptr<Backend> (*create)(const ModelInfo&, const BackendOptions&);
};

std::unique_ptr<Backend> CreateTorchBackend(const ModelInfo& info, const BackendOptions& options) {
  using Create = Backend*(const ModelInfo&, const BackendOptions&);
  return std::unique_ptr<Backend>(
      TorchFunction<Create>("tenjo_create_torch_backend")(info, options));
}

constexpr std::array<Kind, 2> kKinds = {
    {{"openvino", CreateOpenVinoBackend}, {"torch", CreateTorchBackend}}};

void CheckOptions(const ModelInfo& info, const BackendOptions& options) {
  if (info.task != options.task) {
    const char* work = options.task == "pose"     ? "people are found"
                       : options.task == "refine" ? "a second look is taken"
                                                  : "people are told apart";
    throw Error(fmt::format("{} is a network for {}; {} by one for {}", info.path.string(),
                            info.task, work, options.task));
  }
  const bool open_width = options.width == 0 && options.height > 0;
  const bool whole = options.width == 0 && options.height == 0;
  if (!whole && (options.height < info.stride || options.height > kMaxInputSide ||
                 (!open_width && (options.width < info.stride || options.width > kMaxInputSide)))) {
    throw Error(fmt::format(
        "the network input cannot be {}x{}; each side is {} to {} pixels, or the width 0 for the "
        "width that each image asks for",
        options.width, options.height, info.stride, kMaxInputSide));
  }
  constexpr int kMost = 1024;
  if (options.threads < 0 || options.threads > kMost) {
    throw Error(fmt::format("{} threads are not possible; from 1 to {} are, or 0 for all cores",
                            options.threads, kMost));
  }
  if (options.requests < 0 || options.requests > kMost) {
    throw Error(
        fmt::format("{} requests are not possible; from 1 to {} are, or 0 to leave it "
                    "to the device",
                    options.requests, kMost));
  }
}

}  // namespace

std::unique_ptr<Backend> Backend::Create(const ModelInfo& info, const BackendOptions& options) {
  for (const Kind& kind : kKinds) {
    if (kind.name == options.backend) {
      CheckOptions(info, options);
      return kind.create(info, options);
    }
  }
  std::vector<std::string_view> names;
  names.reserve(kKinds.size());
  for (const Kind& kind : kKinds) {
    names.push_back(kind.name);
  }
  throw Error(fmt::format("there is no backend '{}'; there is: {}", options.backend,
                          fmt::join(names, ", ")));
}

}  // namespace tenjo
