#include "tenjo/infer/openvino_backend.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <exception>
#include <openvino/openvino.hpp>
#include <optional>
#include <sstream>
#include <string_view>
#include <utility>

#include "tenjo/base/error.h"
#include "tenjo/base/text.h"
#include "tenjo/infer/network_cache.h"
#include "tenjo/infer/openvino_error.h"

namespace tenjo {
namespace {

// Part of the cache's key: to be raised when BuildModel makes another graph of the same network.
constexpr int kGraphVersion = 2;

struct Device {
  std::string name;  // as OpenVINO takes it
  bool cpu = false;  // the CPU and nothing else
  bool automatic = false;
};

// What an image size of -1 x H or W x H asks of the graph.
struct InputShape {
  int width = 0;  // 0: open
  int height = 0;
};

std::string ListDevices(ov::Core& core) {
  return fmt::format("OpenVINO sees here: {}, and AUTO, which chooses among them",
                     fmt::join(core.get_available_devices(), ", "));
}

// Asks for the devices only where needed: that loads the plugins of all of them.
Device FindDevice(ov::Core& core, const std::string& name) {
  if (name == "CPU") {
    return {.name = name, .cpu = true};
  }
  const auto known = core.get_available_devices();
  const auto is_there = [&](std::string_view wanted) {
    return std::any_of(known.begin(), known.end(), [&](const std::string& device) {
      return device == wanted || (device.starts_with(wanted) && device[wanted.size()] == '.') ||
             (wanted == device + ".0");
    });
  };
  const std::string_view view = name;
  const std::size_t colon = view.find(':');
  if (view.substr(0, colon) == "AUTO") {
    if (colon != std::string_view::npos) {
      for (const std::string_view part : Split(view.substr(colon + 1), ',')) {
        if (!is_there(part)) {
          throw Error(
              fmt::format("the device '{}' of {} is not there; {}", part, name, ListDevices(core)));
        }
      }
    }
    return {.name = name, .automatic = true};
  }
  if (!is_there(view)) {
    const bool kind = view.starts_with("GPU") || view.starts_with("NPU");
    throw Error(fmt::format("{} '{}'; {}",
                            kind ? "this machine has no device" : "there is no device", name,
                            ListDevices(core)));
  }
  return {.name = name, .cpu = view.starts_with("CPU")};
}

ov::AnyMap Properties(const Device& device, const BackendOptions& options) {
  ov::AnyMap cpu = {
      ov::hint::inference_precision(options.bf16 ? ov::element::bf16 : ov::element::f32)};
  if (!options.bind_threads) {
    cpu.emplace(ov::hint::enable_cpu_pinning(false));
  }
  if (options.streams > 0) {
    cpu.emplace(ov::num_streams(options.streams));
  }
  if (options.threads > 0) {
    cpu.emplace(ov::inference_num_threads(options.threads));
  }
  ov::AnyMap properties = {ov::hint::performance_mode(ov::hint::PerformanceMode::THROUGHPUT)};
  if (device.cpu) {
    properties.insert(cpu.begin(), cpu.end());
    return properties;
  }
  if (device.automatic) {
    properties.emplace(ov::device::properties("CPU", cpu));
  }
  // OpenVINO's own cache holds what these devices compile, which an exported network does not.
  if (!options.cache_dir.empty()) {
    properties.emplace(ov::cache_dir(options.cache_dir.string()));
  }
  return properties;
}

std::vector<std::string> NamesOf(const ov::Output<const ov::Node>& output) {
  const auto& names = output.get_names();
  std::vector<std::string> all(names.begin(), names.end());
  std::sort(all.begin(), all.end());
  if (!output.get_node()->inputs().empty()) {
    const std::string source = output.get_node()->input_value(0).get_node()->get_friendly_name();
    if (!names.contains(source)) {
      all.push_back(source);
    }
  }
  return all;
}

// Place of the output of this name among the network's outputs.
std::size_t FindOutput(const ModelInfo& info,
                       const std::vector<ov::Output<const ov::Node>>& outputs,
                       const std::string& name) {
  std::vector<std::string> there;
  there.reserve(outputs.size());
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    const auto names = NamesOf(outputs[i]);
    if (std::find(names.begin(), names.end(), name) != names.end()) {
      return i;
    }
    there.push_back(names.empty() ? "(no name)" : names.front());
  }
  throw Error(fmt::format("{} has no output {}; its outputs are: {}", info.path.string(), name,
                          fmt::join(there, ", ")));
}

std::string SizeText(const InputShape& shape) {
  return shape.width == 0 ? fmt::format("any width x {}", shape.height)
                          : fmt::format("{}x{}", shape.width, shape.height);
}

bool IsMapSide(const ov::Dimension& side, int input_side, int stride) {
  if (side.is_dynamic()) {
    return true;
  }
  const auto length = side.get_length();
  return length == input_side / stride || length == (input_side + stride - 1) / stride;
}

void CheckOutput(const ModelInfo& info, const ov::PartialShape& shape, const std::string& name,
                 int channels, const InputShape& input) {
  if (channels == 0) {
    // An embedding: numbers without places.
    const bool numbers = shape.rank().is_static() && shape.size() >= 2 && shape[0].compatible(1) &&
                         std::all_of(shape.begin() + 2, shape.end(),
                                     [](const ov::Dimension& side) { return side.compatible(1); });
    if (!numbers) {
      throw Error(fmt::format("the output {} of {} has the shape {}; an embedding has [1,N]", name,
                              info.path.string(), shape.to_string()));
    }
    return;
  }
  const bool right = shape.rank().is_static() && shape.size() == 4 && shape[0].compatible(1) &&
                     shape[1].is_static() && shape[1].get_length() == channels &&
                     IsMapSide(shape[2], input.height, info.stride) &&
                     (input.width == 0 || IsMapSide(shape[3], input.width, info.stride));
  if (!right) {
    throw Error(fmt::format(
        "the output {} of {} has the shape {}; an input of {} pixels and the stride {} ask for "
        "[1,{},{},{}]",
        name, info.path.string(), shape.to_string(), SizeText(input), info.stride, channels,
        (input.height + info.stride - 1) / info.stride,
        input.width == 0 ? "?" : std::to_string((input.width + info.stride - 1) / info.stride)));
  }
}

// The network with everything from the 8-bit image to its input in front, and only the outputs
// that are asked for, in the order of OutputsOf.
std::shared_ptr<ov::Model> BuildModel(ov::Core& core, const ModelInfo& info,
                                      const InputShape& shape) {
  std::shared_ptr<ov::Model> model;
  try {
    model = core.read_model(info.path.string());
  } catch (const std::exception& error) {
    throw Error(
        fmt::format("OpenVINO cannot read {}: {}", info.path.string(), OneLine(error.what())));
  }
  if (model->inputs().size() != 1) {
    throw Error(fmt::format("{} has {} inputs; a pose network has one, the image",
                            info.path.string(), model->inputs().size()));
  }
  const ov::PartialShape before = model->input().get_partial_shape();
  if (!before.compatible(ov::PartialShape{1, 3, ov::Dimension(), ov::Dimension()})) {
    throw Error(fmt::format("the input of {} has the shape {}; a pose network takes [1,3,H,W]",
                            info.path.string(), before.to_string()));
  }
  const auto& constant = std::as_const(*model);
  std::vector<std::size_t> wanted;
  for (const ModelOutput& map : OutputsOf(info)) {
    wanted.push_back(FindOutput(info, constant.outputs(), map.name));
  }
  try {
    const ov::Dimension width = shape.width == 0 ? ov::Dimension(1, kMaxInputSide) : shape.width;
    model->reshape(ov::PartialShape{1, 3, shape.height, width});
    ov::OutputVector outputs;
    for (const std::size_t place : wanted) {
      outputs.push_back(model->output(place));
    }
    model = std::make_shared<ov::Model>(outputs, model->get_parameters(), info.name);

    ov::preprocess::PrePostProcessor steps(model);
    auto& input = steps.input();
    input.tensor()
        .set_element_type(ov::element::u8)
        .set_layout("NHWC")
        .set_color_format(ov::preprocess::ColorFormat::BGR);
    input.model().set_layout("NCHW");
    input.preprocess().convert_element_type(ov::element::f32);
    if (info.colour == ColourOrder::kRgb) {
      input.preprocess().convert_color(ov::preprocess::ColorFormat::RGB);
    }
    if (!info.normalises_itself) {
      input.preprocess()
          .mean(std::vector<float>(info.mean.begin(), info.mean.end()))
          .scale(std::vector<float>(info.scale.begin(), info.scale.end()));
    }
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      steps.output(i).tensor().set_element_type(ov::element::f32);
    }
    return steps.build();
  } catch (const std::exception& error) {
    throw Error(fmt::format("{} cannot take images of {}: {}", info.path.string(), SizeText(shape),
                            OneLine(error.what())));
  }
}

// The network's file and those that go with it (weights.bin, weights kept outside an ONNX file):
// all whose name begins with its stem and a point.
std::vector<std::filesystem::path> FilesOf(const std::filesystem::path& path) {
  std::vector<std::filesystem::path> files;
  const std::string stem = path.stem().string() + ".";
  const auto folder = path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.is_regular_file() && entry.path().filename().string().starts_with(stem)) {
      files.push_back(entry.path());
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::string CacheKey(ov::Core& core, const ModelInfo& info, const BackendOptions& options,
                     const Device& device, const InputShape& shape) {
  return fmt::format(
      "{}{}{} {:016x} {} {} {} {} {} {} {} {} {}x{} {} {} {}", kGraphVersion,
      options.bf16 ? " bf16" : "",
      options.streams > 0 ? fmt::format(" {} streams", options.streams) : std::string(),
      HashFiles(FilesOf(info.path)), info.heatmaps, info.pafs + " " + info.embedding + info.points,
      info.centres, info.boxes, info.colour == ColourOrder::kRgb ? "rgb" : "bgr",
      info.normalises_itself, fmt::join(info.mean, ","), fmt::join(info.scale, ","), shape.width,
      shape.height, options.threads, ov::get_openvino_version().buildNumber,
      fmt::format("{} {} {}", device.name, core.get_property(device.name, ov::device::full_name),
                  fmt::join(core.get_property(device.name, ov::device::capabilities), ",")));
}

// From the cache where it holds this network, else compiled anew and put there. Nothing that goes
// wrong with the cache stops the work; of all that goes wrong one thing is said.
class Compiler {
 public:
  Compiler(ov::Core* core, const ModelInfo& info, const BackendOptions& options)
      : core_(core), info_(info), options_(options), device_(FindDevice(*core, options.device)) {
    properties_ = Properties(device_, options);
  }

  ov::CompiledModel Compile(const InputShape& shape) {
    if (!device_.cpu || options_.cache_dir.empty()) {
      return CompileAnew(shape);
    }
    std::optional<NetworkCache> cache;
    try {
      cache.emplace(options_.cache_dir, CacheKey(*core_, info_, options_, device_, shape));
    } catch (const std::exception& error) {
      Warn(fmt::format("compiled networks are not kept: {}", OneLine(error.what())));
      return CompileAnew(shape);
    }
    if (auto compiled = Import(*cache)) {
      return *compiled;
    }
    ov::CompiledModel compiled = CompileAnew(shape);
    try {
      std::ostringstream bytes;
      compiled.export_model(bytes);
      cache->Store(bytes.view());
    } catch (const std::exception& error) {
      Warn(fmt::format("the compiled network is not kept: {}", OneLine(error.what())));
    }
    return compiled;
  }

 private:
  std::optional<ov::CompiledModel> Import(const NetworkCache& cache) {
    NetworkCache::Entry entry = cache.Load();
    if (entry.state == NetworkCache::State::kDamaged) {
      Warn(fmt::format("the kept network {} is damaged; compiling it anew", cache.path().string()));
    }
    if (entry.state != NetworkCache::State::kWhole) {
      return std::nullopt;
    }
    try {
      std::istringstream bytes(std::move(entry.bytes));
      return core_->import_model(bytes, device_.name, properties_);
    } catch (const std::exception& error) {
      Warn(fmt::format("the kept network {} cannot be used, compiling it anew: {}",
                       cache.path().string(), OneLine(error.what())));
      return std::nullopt;
    }
  }

  ov::CompiledModel CompileAnew(const InputShape& shape) {
    const auto model = BuildModel(*core_, info_, shape);
    const auto maps = OutputsOf(info_);
    for (std::size_t i = 0; i < maps.size(); ++i) {
      CheckOutput(info_, model->output(i).get_partial_shape(), maps[i].name, maps[i].channels,
                  shape);
    }
    try {
      return core_->compile_model(model, device_.name, properties_);
    } catch (const std::exception& error) {
      throw Error(fmt::format("{} cannot be compiled for {} on {}: {}", info_.path.string(),
                              SizeText(shape), device_.name, OneLine(error.what())));
    }
  }

  void Warn(const std::string& text) {
    if (!warned_) {
      spdlog::warn(text);
    }
    warned_ = true;
  }

  ov::Core* core_;
  const ModelInfo& info_;
  const BackendOptions& options_;
  Device device_;
  ov::AnyMap properties_;
  bool warned_ = false;
};

class OpenVinoBackend : public Backend {
 public:
  OpenVinoBackend(const ModelInfo& info, const BackendOptions& options, const InputShape& shape)
      : info_(info),
        maps_(OutputsOf(info)),
        shape_(shape),
        options_(options),
        device_(options.device) {
    compiled_ = Compiler(&core_, info_, options).Compile(shape_);
    const auto optimal =
        static_cast<int>(compiled_.get_property(ov::optimal_number_of_infer_requests));
    const int count = options.requests > 0 ? options.requests : std::max(2, optimal);
    for (int i = 0; i < count; ++i) {
      slots_.emplace_back().request = compiled_.create_infer_request();
    }
  }

  // Requests must not outlive the work on them.
  ~OpenVinoBackend() override {
    for (Slot& slot : slots_) {
      if (slot.started) {
        try {
          slot.request.wait();
        } catch (const std::exception&) {
          // Nobody waits for this answer any more.
        }
      }
    }
  }
  OpenVinoBackend(const OpenVinoBackend&) = delete;
  OpenVinoBackend& operator=(const OpenVinoBackend&) = delete;

  int num_slots() const override { return static_cast<int>(slots_.size()); }

  int num_streams() const override {
    try {
      return std::max(1, static_cast<int>(compiled_.get_property(ov::num_streams).num));
    } catch (const std::exception&) {
      return 1;  // a device without streams
    }
  }

  cv::Mat Input(int slot, cv::Size size) override {
    Slot& own = At(slot);
    TENJO_CHECK(!own.started);
    TENJO_CHECK(size.height == shape_.height);
    TENJO_CHECK(shape_.width == 0 ? size.width >= 1 && size.width <= kMaxInputSide
                                  : size.width == shape_.width);
    try {
      ov::Tensor tensor = own.request.get_input_tensor();
      if (shape_.width == 0) {
        tensor.set_shape(
            {1, static_cast<std::size_t>(size.height), static_cast<std::size_t>(size.width), 3});
      }
      own.size = size;
      return cv::Mat(size, CV_8UC3, tensor.data<std::uint8_t>());
    } catch (const std::exception& error) {
      throw Error(fmt::format("no memory for an input of {}x{} pixels of {}: {}", size.width,
                              size.height, info_.path.string(), OneLine(error.what())));
    }
  }

  void Start(int slot) override {
    Slot& own = At(slot);
    TENJO_CHECK(!own.started && !own.size.empty());
    own.started = true;
    own.failure = nullptr;
    try {
      own.request.start_async();
    } catch (const std::exception&) {
      own.failure = std::current_exception();  // told where the answer is asked for
    }
  }

  std::vector<TensorView> Wait(int slot) override {
    Slot& own = At(slot);
    TENJO_CHECK(own.started);
    own.started = false;
    try {
      if (own.failure) {
        std::rethrow_exception(own.failure);
      }
      own.request.wait();
      std::vector<TensorView> views;
      views.reserve(maps_.size());
      for (std::size_t i = 0; i < maps_.size(); ++i) {
        views.push_back(View(own, i, maps_[i].name, maps_[i].channels));
      }
      return views;
    } catch (const Error&) {
      throw;
    } catch (const std::exception& error) {
      Renew(own);
      Fail(error);
    }
  }

  std::string Describe() const override {
    const auto property = [&](const char* name) -> std::string {
      try {
        return compiled_.get_property(name).as<std::string>();
      } catch (const std::exception&) {
        return "?";
      }
    };
    std::string hardware;
    try {
      hardware = core_.get_property(device_, ov::device::full_name);
    } catch (const std::exception&) {
      hardware = "several devices";
    }
    return fmt::format("OpenVINO on {} ({}): {} at {}, {} streams, {} threads, {} requests, {}",
                       device_, Trim(hardware), info_.name, SizeText(shape_), num_streams(),
                       property("INFERENCE_NUM_THREADS"), num_slots(),
                       property("INFERENCE_PRECISION_HINT"));
  }

 private:
  struct Slot {
    ov::InferRequest request;
    cv::Size size;
    bool started = false;
    std::exception_ptr failure;
  };

  Slot& At(int slot) {
    TENJO_CHECK(slot >= 0 && slot < num_slots());
    return slots_[static_cast<std::size_t>(slot)];
  }

  TensorView View(Slot& slot, std::size_t index, const std::string& name, int channels) const {
    const ov::Tensor tensor = slot.request.get_output_tensor(index);
    const ov::Shape& shape = tensor.get_shape();
    CheckOutput(info_, ov::PartialShape(shape), name, channels,
                {.width = slot.size.width, .height = slot.size.height});
    TensorView view;
    view.name = name;
    view.shape.reserve(shape.size());
    for (const std::size_t side : shape) {
      view.shape.push_back(static_cast<int>(side));
    }
    view.data = tensor.data<const float>();
    return view;
  }

  // Of a graph that failed, OpenVINO 2026.4 now and then keeps the shapes that it failed with, and
  // refuses whatever comes next: a request of a graph of its own knows nothing of them.
  void Renew(Slot& slot) {
    slot.size = {};
    try {
      slot.request = Compiler(&core_, info_, options_).Compile(shape_).create_infer_request();
    } catch (const std::exception& error) {
      spdlog::warn("{} stays with a request that failed: {}", info_.path.string(),
                   OneLine(error.what()));
    }
  }

  [[noreturn]] void Fail(const std::exception& error) const {
    throw Error(fmt::format("the network {} failed on {}: {}", info_.path.string(), device_,
                            OneLine(error.what())));
  }

  ModelInfo info_;
  std::vector<ModelOutput> maps_;
  InputShape shape_;
  BackendOptions options_;
  std::string device_;
  mutable ov::Core core_;
  ov::CompiledModel compiled_;
  std::vector<Slot> slots_;
};

// OpenVINO's TBB loads a library of its own with RTLD_DEEPBIND, at which the sanitizers end the
// program; TBB asks for this variable before it does.
void SpareSanitizers() {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  setenv("TBB_ENABLE_SANITIZERS", "1", 0);
#endif
}

}  // namespace

std::unique_ptr<Backend> CreateOpenVinoBackend(const ModelInfo& info,
                                               const BackendOptions& options) {
  SpareSanitizers();
  InputShape shape{.width = options.width, .height = options.height};
  if (shape.height == 0) {
    shape = {.width = info.input_width, .height = info.input_height};
  }
  try {
    return std::make_unique<OpenVinoBackend>(info, options, shape);
  } catch (const Error&) {
    throw;
  } catch (const CheckFailure&) {
    throw;
  } catch (const std::exception& error) {
    throw Error(fmt::format("OpenVINO cannot run {} on {}: {}", info.path.string(), options.device,
                            OneLine(error.what())));
  }
}

}  // namespace tenjo
