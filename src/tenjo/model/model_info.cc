#include "tenjo/model/model_info.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <map>
#include <optional>
#include <string_view>
#include <system_error>
#include <tuple>
#include <utility>
#include <vector>

#include "tenjo/base/error.h"
#include "tenjo/base/text.h"
#include "tenjo/model/ir_outline.h"
#include "tenjo/model/onnx_outline.h"

namespace tenjo {
namespace {

constexpr int kMaxStride = 64;

// The metadata of one file, with errors that name the file and the key.
class Metadata {
 public:
  Metadata(const std::filesystem::path& path, const std::map<std::string, std::string>& entries)
      : path_(path), entries_(entries) {}

  void NeedKeys(const std::vector<std::string>& keys) const {
    std::vector<std::string> missing;
    std::copy_if(keys.begin(), keys.end(), std::back_inserter(missing),
                 [this](const std::string& key) { return !entries_.contains(key); });
    if (missing.size() == keys.size()) {
      throw Error(
          fmt::format("the ONNX network {} does not describe itself: its metadata_props lack {}",
                      path_.string(), fmt::join(missing, ", ")));
    }
    if (!missing.empty()) {
      throw Error(fmt::format("the metadata_props of {} lack {}", path_.string(),
                              fmt::join(missing, ", ")));
    }
  }

  std::string Text(const std::string& key) const {
    const auto found = entries_.find(key);
    return found == entries_.end() ? std::string() : std::string(Trim(found->second));
  }

  [[noreturn]] void Fail(const std::string& key, std::string_view wanted) const {
    throw Error(fmt::format("the metadata {} of {} is '{}', it should be {}", key, path_.string(),
                            Printable(Text(key)), wanted));
  }

  void NeedOneOf(const std::string& key, const std::vector<std::string>& allowed) const {
    if (std::find(allowed.begin(), allowed.end(), Text(key)) == allowed.end()) {
      Fail(key, fmt::format("{}", fmt::join(allowed, " or ")));
    }
  }

  int Whole(const std::string& key, int low, int high) const {
    const auto value = ParseInt(Text(key));
    if (!value || *value < low || *value > high) {
      Fail(key, fmt::format("a whole number from {} to {}", low, high));
    }
    return static_cast<int>(*value);
  }

  std::array<float, 3> Triple(const std::string& key) const {
    const std::string text = Text(key);
    const auto parts = Split(text, ',');
    std::array<float, 3> out = {};
    if (parts.size() != out.size()) {
      Fail(key, "three numbers with commas between them, in the network's colour order");
    }
    for (std::size_t i = 0; i < out.size(); ++i) {
      const auto value = ParseDouble(parts[i]);
      if (!value || !std::isfinite(static_cast<float>(*value))) {
        Fail(key, "three numbers with commas between them, in the network's colour order");
      }
      out[i] = static_cast<float>(*value);
    }
    return out;
  }

  std::pair<int, int> Size(const std::string& key) const {
    const auto [width, height] = ParseSides(Text(key)).value_or(std::pair(0LL, 0LL));
    if (width < 1 || height < 1 || width > kMaxInputSide || height > kMaxInputSide) {
      Fail(key, fmt::format("WIDTHxHEIGHT in pixels, each from 1 to {}", kMaxInputSide));
    }
    return {static_cast<int>(width), static_cast<int>(height)};
  }

  // "heatmaps=NAME,pafs=NAME" in any order; empty where `role` is not among them.
  std::string OptionalOutput(const std::string& role) const {
    const std::string text = Text("outputs");
    std::string name;
    for (const std::string_view part : Split(text, ',')) {
      const auto equals = part.find('=');
      if (equals != std::string_view::npos && Trim(part.substr(0, equals)) == role) {
        name = Trim(part.substr(equals + 1));
      }
    }
    return name;
  }

  std::string OutputName(const std::string& role, std::string_view wanted) const {
    std::string name = OptionalOutput(role);
    if (name.empty()) {
      Fail("outputs", wanted);
    }
    return name;
  }

 private:
  const std::filesystem::path& path_;
  const std::map<std::string, std::string>& entries_;
};

std::string ShapeText(const OnnxValue& value) {
  std::vector<std::string> dims;
  dims.reserve(value.shape.size());
  for (const auto dim : value.shape) {
    dims.push_back(dim < 0 ? "?" : std::to_string(dim));
  }
  return fmt::format("{}", fmt::join(dims, "x"));
}

// Whether `value` may be of this shape; -1 on either side fits all.
bool MayBe(const OnnxValue& value, const std::vector<std::int64_t>& shape) {
  if (!value.has_shape) {
    return true;
  }
  return value.shape.size() == shape.size() &&
         std::equal(shape.begin(), shape.end(), value.shape.begin(),
                    [](auto a, auto b) { return a < 0 || b < 0 || a == b; });
}

void CheckInput(const ModelInfo& info, const OnnxValue& input) {
  if (!input.is_float) {
    throw Error(fmt::format("the input {} of {} is not a tensor of float numbers",
                            Printable(input.name), info.path.string()));
  }
  if (!MayBe(input, {1, 3, info.input_height, info.input_width})) {
    throw Error(fmt::format("the input {} of {} has the shape {}, its metadata say 1x3x{}x{}",
                            Printable(input.name), info.path.string(), ShapeText(input),
                            info.input_height, info.input_width));
  }
}

void CheckOutput(const ModelInfo& info, const OnnxOutline& outline, const std::string& role,
                 const std::string& name, const std::vector<std::int64_t>& shape) {
  const auto found = std::find_if(outline.outputs.begin(), outline.outputs.end(),
                                  [&](const OnnxValue& value) { return value.name == name; });
  if (found == outline.outputs.end()) {
    std::vector<std::string> names;
    names.reserve(outline.outputs.size());
    for (const OnnxValue& value : outline.outputs) {
      names.push_back(Printable(value.name));
    }
    throw Error(fmt::format("{} has no output {} for its {}; its outputs are: {}",
                            info.path.string(), Printable(name), role, fmt::join(names, ", ")));
  }
  if (!found->is_float || !MayBe(*found, shape)) {
    throw Error(
        fmt::format("the output {} of {} has the shape {}; {} are float numbers, {}",
                    Printable(name), info.path.string(), ShapeText(*found), role,
                    shape.size() == 4 ? fmt::format("1x{}xhxw", shape[1]) : std::string("1xN")));
  }
}

void ReadRefine(const Metadata& metadata, ModelInfo* info) {
  metadata.NeedOneOf("skeleton", {"coco17"});
  info->stride = metadata.Whole("stride", 1, kMaxStride);
  info->skeleton = metadata.Text("skeleton");
  info->points = metadata.OutputName("points", "points=NAME");
}

void ReadPose(const Metadata& metadata, ModelInfo* info) {
  metadata.NeedOneOf("skeleton", {"openpose18"});
  info->stride = metadata.Whole("stride", 1, kMaxStride);
  info->skeleton = metadata.Text("skeleton");
  constexpr std::string_view kWanted = "heatmaps=NAME,pafs=NAME";
  info->heatmaps = metadata.OutputName("heatmaps", kWanted);
  info->pafs = metadata.OutputName("pafs", kWanted);
  info->centres = metadata.OptionalOutput("centres");
  info->boxes = metadata.OptionalOutput("boxes");
  if (info->centres.empty() != info->boxes.empty()) {
    metadata.Fail("outputs", "with both centres=NAME and boxes=NAME, or with neither");
  }
}

CropMask ReadCropMask(const Metadata& metadata) {
  const std::string word = metadata.Text("crop_mask");
  for (const CropMask mask : {CropMask::kNone, CropMask::kBox, CropMask::kEllipse}) {
    if (word == NameOf(mask)) {
      return mask;
    }
  }
  if (!word.empty()) {
    metadata.Fail("crop_mask", "none, box or ellipse");
  }
  return CropMask::kNone;
}

ModelInfo ReadOnnx(const std::filesystem::path& path) {
  const OnnxOutline outline = ReadOnnxOutline(path);
  const Metadata metadata(path, outline.metadata);
  if (metadata.Text("task") == "appearance") {
    metadata.NeedKeys({"task", "input_size", "colour", "mean", "scale", "outputs"});
  } else {
    metadata.NeedKeys(
        {"task", "input_size", "colour", "mean", "scale", "stride", "skeleton", "outputs"});
  }
  metadata.NeedOneOf("task", {"pose", "appearance", "refine"});
  metadata.NeedOneOf("colour", {"bgr", "rgb"});

  ModelInfo info;
  info.path = path;
  info.name = path.stem().string();
  info.task = metadata.Text("task");
  std::tie(info.input_width, info.input_height) = metadata.Size("input_size");
  info.colour = metadata.Text("colour") == "rgb" ? ColourOrder::kRgb : ColourOrder::kBgr;
  info.mean = metadata.Triple("mean");
  info.scale = metadata.Triple("scale");
  if (std::any_of(info.scale.begin(), info.scale.end(), [](float s) { return !(s > 0); })) {
    metadata.Fail("scale", "three numbers greater than 0");
  }
  info.normalises_itself =
      info.mean == std::array<float, 3>{0, 0, 0} && info.scale == std::array<float, 3>{1, 1, 1};
  info.training_data = metadata.Text("training_data");
  info.licence = metadata.Text("licence");
  if (info.task == "pose") {
    ReadPose(metadata, &info);
  } else if (info.task == "refine") {
    ReadRefine(metadata, &info);
  } else {
    info.embedding = metadata.OutputName("embedding", "embedding=NAME");
    info.crop_mask = ReadCropMask(metadata);
  }

  if (outline.inputs.size() != 1) {
    throw Error(fmt::format("{} has {} inputs; a network has one, the image", path.string(),
                            outline.inputs.size()));
  }
  info.input = outline.inputs.front().name;
  CheckInput(info, outline.inputs.front());
  for (const ModelOutput& output : MapsOf(info)) {
    CheckOutput(info, outline, output.role, output.name, {1, output.channels, -1, -1});
  }
  if (!info.embedding.empty()) {
    CheckOutput(info, outline, "embedding", info.embedding, {1, -1});
  }
  return info;
}

ModelInfo ReadIr(const std::filesystem::path& path) {
  const IrOutline outline = ReadIrOutline(path);
  ModelInfo info;
  info.input = "data";
  constexpr const char* kReidentification = "reid_embedding";
  if (outline.inputs.contains(info.input) && outline.layers.contains(kReidentification)) {
    info.path = path;
    info.name = path.stem().string();
    info.task = "appearance";
    info.embedding = kReidentification;
    info.input_width = 128;
    info.input_height = 256;
    info.normalises_itself = true;
    info.licence = "Apache-2.0";
    return info;
  }
  info.heatmaps = "Mconv7_stage2_L2";
  info.pafs = "Mconv7_stage2_L1";
  if (!outline.inputs.contains(info.input) || !outline.layers.contains(info.heatmaps) ||
      !outline.layers.contains(info.pafs)) {
    throw Error(
        fmt::format("nothing is known of the OpenVINO network {} ({}); known is Open Model Zoo's "
                    "human-pose-estimation-0001 and person-reidentification-retail-0288, other "
                    "networks are read as ONNX files that describe themselves",
                    path.string(), Printable(outline.name)));
  }
  info.path = path;
  info.name = path.stem().string();
  info.input_width = 456;
  info.input_height = 256;
  info.colour = ColourOrder::kBgr;
  info.normalises_itself = true;
  info.stride = 8;
  info.skeleton = "openpose18";
  info.training_data = "COCO 2017 train";
  info.licence = "Apache-2.0";
  return info;
}

}  // namespace

const char* NameOf(CropMask mask) {
  return mask == CropMask::kBox ? "box" : mask == CropMask::kEllipse ? "ellipse" : "none";
}

std::vector<ModelOutput> MapsOf(const ModelInfo& info) {
  std::vector<ModelOutput> maps;
  for (const ModelOutput& output : {ModelOutput{"heatmaps", info.heatmaps, kHeatmapChannels},
                                    ModelOutput{"pafs", info.pafs, kPafChannels},
                                    ModelOutput{"centres", info.centres, kCentreChannels},
                                    ModelOutput{"boxes", info.boxes, kBoxChannels},
                                    ModelOutput{"points", info.points, kPointChannels}}) {
    if (!output.name.empty()) {
      maps.push_back(output);
    }
  }
  return maps;
}

std::vector<ModelOutput> OutputsOf(const ModelInfo& info) {
  std::vector<ModelOutput> outputs = MapsOf(info);
  if (!info.embedding.empty()) {
    outputs.push_back({"embedding", info.embedding, 0});
  }
  return outputs;
}

ModelInfo ReadModelInfo(const std::filesystem::path& path) {
  std::error_code failure;
  const auto status = std::filesystem::status(path, failure);
  if (!std::filesystem::exists(status)) {
    throw Error(fmt::format("there is no network {}", path.string()));
  }
  if (!std::filesystem::is_regular_file(status)) {
    throw Error(fmt::format("{} is not a file; a network is an .onnx or .xml file", path.string()));
  }
  std::string extension = path.extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char c) { return std::tolower(c); });
  if (extension == ".onnx") {
    return ReadOnnx(path);
  }
  if (extension == ".xml") {
    return ReadIr(path);
  }
  if (extension == ".bin") {
    throw Error(fmt::format("{} holds only the weights of an OpenVINO network; name its .xml file",
                            path.string()));
  }
  throw Error(
      fmt::format("{} is not a kind of network that is known; known are .onnx and .xml "
                  "(OpenVINO IR) files",
                  path.string()));
}

}  // namespace tenjo
