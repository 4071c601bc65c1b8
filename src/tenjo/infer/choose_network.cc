#include "tenjo/infer/choose_network.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "tenjo/base/error.h"
#include "tenjo/infer/network_cache.h"
#include "tenjo/infer/processor.h"
#include "tenjo/model/onnx_outline.h"

namespace tenjo {
namespace {

constexpr const char* kSuffix = "-int8";

std::string MetadataOf(const std::filesystem::path& model, const char* key) {
  const OnnxOutline outline = ReadOnnxOutline(model);
  const auto found = outline.metadata.find(key);
  return found == outline.metadata.end() ? std::string() : found->second;
}

bool MadeOf(const std::filesystem::path& int8, const std::filesystem::path& model) {
  return IsInt8Network(int8) &&
         MetadataOf(int8, kQuantisedFromKey) == fmt::format("{:016x}", HashFiles({model}));
}

ChosenNetwork ChooseFloat(const std::filesystem::path& model, bool bf16) {
  if (!IsInt8Network(model)) {
    return {.model = model, .bf16 = bf16, .said = {}};
  }
  const std::string stem = model.stem().string();
  if (stem.ends_with(kSuffix)) {
    auto plain = model.parent_path() /
                 (stem.substr(0, stem.size() - std::string_view(kSuffix).size()) + ".onnx");
    if (std::filesystem::is_regular_file(plain)) {
      return {.model = plain,
              .bf16 = bf16,
              .said = fmt::format("running {}, which {} was made of", plain.string(),
                                  model.filename().string())};
    }
  }
  throw Error(fmt::format(
      "{} is in 8 bits, and the network that it was made of is not beside it; --precision int8 or "
      "auto runs it",
      model.string()));
}

ChosenNetwork ChooseInt8(const std::filesystem::path& model) {
  if (IsInt8Network(model)) {
    return {.model = model, .bf16 = false, .said = {}};
  }
  auto int8 = Int8Path(model);
  if (!std::filesystem::is_regular_file(int8)) {
    throw Error(fmt::format("there is no {} beside {}; `tenjo quantize` makes it",
                            int8.filename().string(), model.string()));
  }
  if (!MadeOf(int8, model)) {
    throw Error(fmt::format("{} was not made of {} as it is now; `tenjo quantize` makes it anew",
                            int8.string(), model.filename().string()));
  }
  return {.model = int8, .bf16 = false, .said = {}};
}

// Never an error: what is asked for runs, whatever lies beside it.
ChosenNetwork ChooseByItself(const std::filesystem::path& model) {
  auto int8 = Int8Path(model);
  if (!std::filesystem::is_regular_file(int8)) {
    return {.model = model, .bf16 = false, .said = {}};
  }
  try {
    if (MadeOf(int8, model)) {
      return {.model = int8,
              .bf16 = false,
              .said = fmt::format("running {} in 8 bits; precision fp32 runs {}", int8.string(),
                                  model.filename().string())};
    }
  } catch (const Error&) {
    // Damaged: said below.
  }
  return {.model = model,
          .bf16 = false,
          .said = fmt::format("{} is left aside: it was not made of {} as it is now", int8.string(),
                              model.filename().string())};
}

}  // namespace

bool IsInt8Network(const std::filesystem::path& model) {
  return MetadataOf(model, kPrecisionKey) == "int8";
}

Precision ParsePrecision(const std::string& name) {
  constexpr std::array<const char*, 4> kNames = {"auto", "fp32", "bf16", "int8"};
  const auto found = std::find(kNames.begin(), kNames.end(), name);
  if (found == kNames.end()) {
    throw Error(fmt::format("there is no precision '{}'; there are auto, fp32, bf16, int8", name));
  }
  return static_cast<Precision>(found - kNames.begin());
}

std::filesystem::path Int8Path(const std::filesystem::path& model) {
  return model.parent_path() / (model.stem().string() + kSuffix + ".onnx");
}

ChosenNetwork ChooseNetwork(const std::filesystem::path& model, Precision precision,
                            const std::string& backend, const std::string& device) {
  const bool cpu = backend == "openvino" && device.starts_with("CPU");
  const bool onnx = model.extension() == ".onnx" && std::filesystem::is_regular_file(model);
  if (precision == Precision::kAuto) {
    return cpu && onnx ? ChooseByItself(model)
                       : ChosenNetwork{.model = model, .bf16 = false, .said = {}};
  }
  if (precision == Precision::kBf16) {
    if (!cpu) {
      throw Error("bf16 is chosen for OpenVINO's CPU only; leave --precision out elsewhere");
    }
    NeedBf16(ReadProcessor());
  }
  if (!onnx) {
    if (!std::filesystem::exists(model) || precision == Precision::kBf16) {
      return {.model = model, .bf16 = precision == Precision::kBf16, .said = {}};
    }
    throw Error(fmt::format(
        "{} runs in the precision that it was written in; --precision chooses among ONNX networks",
        model.string()));
  }
  return precision == Precision::kInt8 ? ChooseInt8(model)
                                       : ChooseFloat(model, precision == Precision::kBf16);
}

ChosenNetwork ChooseLooks(const std::filesystem::path& model, Precision precision,
                          const std::string& backend, const std::string& device) {
  if (model.extension() != ".onnx") {
    return {.model = model, .said = {}};
  }
  return ChooseNetwork(model, precision == Precision::kInt8 ? Precision::kAuto : precision, backend,
                       device);
}

}  // namespace tenjo
