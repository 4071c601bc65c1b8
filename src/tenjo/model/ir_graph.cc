#include "tenjo/model/ir_graph.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>
#include <limits>
#include <optional>
#include <utility>

#include "tenjo/base/atomic_file.h"
#include "tenjo/base/error.h"
#include "tenjo/base/half.h"
#include "tenjo/base/text.h"
#include "tenjo/model/ir_outline.h"
#include "tenjo/model/onnx_outline.h"

namespace tenjo {
namespace {

// Constants are worked out through a handful of operations; more is a graph that goes in circles.
constexpr int kDeepest = 32;

bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

// NAME="VALUE" pairs of a tag, behind its own name.
std::map<std::string, std::string> Attributes(std::string_view tag) {
  std::map<std::string, std::string> out;
  std::size_t at = 0;
  while (at < tag.size()) {
    const std::size_t equals = tag.find("=\"", at);
    if (equals == std::string_view::npos) {
      break;
    }
    std::size_t begin = equals;
    while (begin > at && !IsBlank(tag[begin - 1])) {
      --begin;
    }
    const std::size_t end = tag.find('"', equals + 2);
    if (end == std::string_view::npos) {
      break;
    }
    out.emplace(tag.substr(begin, equals - begin), tag.substr(equals + 2, end - equals - 2));
    at = end + 1;
  }
  return out;
}

bool IsElement(std::string_view tag, std::string_view name) {
  return tag.starts_with(name) && (tag.size() == name.size() || IsBlank(tag[name.size()]));
}

template <typename Number>
float ReadNumber(const char* bytes) {
  Number value = 0;
  std::memcpy(&value, bytes, sizeof(value));
  return static_cast<float>(value);
}

struct ElementType {
  std::string_view name;
  std::size_t bytes;
  float (*read)(const char*);
};

constexpr ElementType kTypes[] = {
    {"f32", 4, ReadNumber<float>},
    {"f16", 2,
     [](const char* bytes) {
       std::uint16_t half = 0;
       std::memcpy(&half, bytes, sizeof(half));
       return FromHalf(half);
     }},
    {"u8", 1, ReadNumber<std::uint8_t>},
    {"i8", 1, ReadNumber<std::int8_t>},
    {"i32", 4, ReadNumber<std::int32_t>},
    {"i64", 8, ReadNumber<std::int64_t>},
};

std::size_t CountOf(const std::vector<int>& shape) {
  std::size_t count = 1;
  for (const int side : shape) {
    count *= static_cast<std::size_t>(side);
  }
  return count;
}

// Where a tensor's number for each place of `shape` stands: numpy's rule, sides of 1 and missing
// ones are repeated. Nothing if the shapes do not fit.
std::optional<std::vector<std::size_t>> Places(const std::vector<int>& from,
                                               const std::vector<int>& shape) {
  if (from.size() > shape.size()) {
    return std::nullopt;
  }
  std::vector<std::size_t> steps(shape.size(), 0);
  std::size_t step = 1;
  for (std::size_t i = 0; i < from.size(); ++i) {
    const std::size_t own = from.size() - 1 - i;
    const std::size_t axis = shape.size() - 1 - i;
    if (from[own] != 1 && from[own] != shape[axis]) {
      return std::nullopt;
    }
    steps[axis] = from[own] == 1 ? 0 : step;
    step *= static_cast<std::size_t>(from[own]);
  }
  std::vector<std::size_t> places(CountOf(shape));
  std::vector<int> index(shape.size(), 0);
  std::size_t place = 0;
  for (std::size_t& out : places) {
    out = place;
    for (std::size_t axis = shape.size(); axis-- > 0;) {
      place += steps[axis];
      if (++index[axis] < shape[axis]) {
        break;
      }
      place -= steps[axis] * static_cast<std::size_t>(shape[axis]);
      index[axis] = 0;
    }
  }
  return places;
}

// OpenVINO's FakeQuantize-1.
float Quantise(float x, float in_low, float in_high, float out_low, float out_high, int levels) {
  if (x <= std::min(in_low, in_high)) {
    return out_low;
  }
  if (x > std::max(in_low, in_high)) {
    return out_high;
  }
  const auto steps = static_cast<float>(levels - 1);
  return std::nearbyint((x - in_low) / (in_high - in_low) * steps) / steps * (out_high - out_low) +
         out_low;
}

}  // namespace

IrGraph::IrGraph(const std::filesystem::path& path) : path_(path) {
  ReadIrOutline(path);  // says what is missing or cut short
  bytes_ = ReadFile(std::filesystem::path(path).replace_extension(".bin"));
  ReadXml(ReadFile(path));
}

void IrGraph::Fail(const std::string& what) const {
  throw Error(fmt::format("{}: {}", path_.string(), what));
}

const IrNode& IrGraph::At(int id) const {
  const auto found = nodes_.find(id);
  if (found == nodes_.end()) {
    Fail(fmt::format("there is no layer {}", id));
  }
  return found->second;
}

void IrGraph::ReadXml(std::string_view xml) {
  struct Edge {
    int from = 0;
    int to = 0;
    int port = 0;
  };
  std::vector<Edge> edges;
  IrNode* layer = nullptr;
  const auto number = [&](const std::map<std::string, std::string>& attributes, const char* name) {
    const auto found = attributes.find(name);
    const auto value = found == attributes.end() ? std::nullopt : ParseInt(found->second);
    if (!value || *value < 0 || *value > std::numeric_limits<int>::max()) {
      Fail(fmt::format("an element lacks a whole number {}", name));
    }
    return static_cast<int>(*value);
  };
  for (std::size_t at = xml.find('<'); at != std::string_view::npos; at = xml.find('<', at + 1)) {
    const std::size_t end = xml.find('>', at);
    if (end == std::string_view::npos) {
      break;
    }
    const std::string_view tag = xml.substr(at + 1, end - at - 1);
    if (IsElement(tag, "layer")) {
      const auto attributes = Attributes(tag);
      const auto [place, fresh] = nodes_.try_emplace(number(attributes, "id"));
      if (!fresh || !attributes.contains("name") || !attributes.contains("type")) {
        Fail("a <layer> lacks an id of its own, a name or a type");
      }
      layer = &place->second;
      layer->name = attributes.at("name");
      layer->type = attributes.at("type");
    } else if (tag == "/layer") {
      layer = nullptr;
    } else if (IsElement(tag, "data") && layer != nullptr) {
      layer->data = Attributes(tag);
    } else if (IsElement(tag, "edge")) {
      const auto attributes = Attributes(tag);
      edges.push_back({number(attributes, "from-layer"), number(attributes, "to-layer"),
                       number(attributes, "to-port")});
    }
    at = end;
  }
  std::sort(edges.begin(), edges.end(), [](const Edge& a, const Edge& b) {
    return std::pair(a.to, a.port) < std::pair(b.to, b.port);
  });
  for (const Edge& edge : edges) {
    At(edge.from);
    At(edge.to);
    nodes_.at(edge.to).inputs.push_back(edge.from);
  }
}

bool IrGraph::IsConstant(int id) const { return IsConstantAt(id, 0); }

bool IrGraph::IsConstantAt(int id, int depth) const {
  const IrNode& node = At(id);
  if (node.type == "Const") {
    return true;
  }
  return depth < kDeepest && !node.inputs.empty() &&
         std::all_of(node.inputs.begin(), node.inputs.end(),
                     [&](int input) { return IsConstantAt(input, depth + 1); });
}

Tensor IrGraph::ReadConstant(const IrNode& node) const {
  const auto get = [&](const char* key) -> std::string {
    const auto found = node.data.find(key);
    return found == node.data.end() ? std::string() : found->second;
  };
  const std::string type = get("element_type");
  const auto* known = std::find_if(std::begin(kTypes), std::end(kTypes),
                                   [&](const ElementType& t) { return t.name == type; });
  if (known == std::end(kTypes)) {
    Fail(fmt::format("the constant {} is of the type '{}', which Tenjo does not read",
                     Printable(node.name), Printable(type)));
  }
  const auto offset = ParseInt(get("offset"));
  const auto size = ParseInt(get("size"));
  const auto whole = static_cast<long long>(bytes_.size());
  Tensor tensor;
  std::size_t count = 1;
  bool fits =
      offset && size && *offset >= 0 && *size >= 0 && *size <= whole && *offset <= whole - *size;
  const std::string shape = get("shape");
  for (const std::string_view side : Split(shape, ',')) {
    if (side.empty()) {
      continue;  // a number by itself has no sides
    }
    const auto length = ParseInt(side);
    fits = fits && length && *length >= 1 && *length <= whole &&
           count <= bytes_.size() / static_cast<std::size_t>(*length);
    if (fits) {
      tensor.shape.push_back(static_cast<int>(*length));
      count *= static_cast<std::size_t>(*length);
    }
  }
  if (!fits || count * known->bytes != static_cast<std::size_t>(*size)) {
    Fail(fmt::format("the constant {} does not lie within the weights", Printable(node.name)));
  }
  tensor.values.resize(count);
  const char* bytes = bytes_.data() + *offset;
  for (float& value : tensor.values) {
    value = known->read(bytes);
    bytes += known->bytes;
  }
  return tensor;
}

Tensor IrGraph::Evaluate(int id) const { return EvaluateAt(id, 0); }

Tensor IrGraph::EvaluateAt(int id, int depth) const {
  const IrNode& node = At(id);
  if (node.type == "Const") {
    return ReadConstant(node);
  }
  const std::size_t wanted = node.type == "FakeQuantize" ? 5 : node.type == "Convert" ? 1 : 2;
  if (depth >= kDeepest || node.inputs.size() != wanted) {
    Fail(fmt::format("the constant {} cannot be worked out", Printable(node.name)));
  }
  std::vector<Tensor> in;
  for (const int input : node.inputs) {
    in.push_back(EvaluateAt(input, depth + 1));
  }
  if (node.type == "Convert") {
    return std::move(in[0]);
  }
  if (node.type == "Reshape") {
    Tensor out;
    for (const float side : in[1].values) {
      if (!(side >= 1 && side <= 1e9F)) {
        Fail(fmt::format("the constant {} has an impossible shape", Printable(node.name)));
      }
      out.shape.push_back(static_cast<int>(side));
    }
    if (std::any_of(
            out.shape.begin(), out.shape.end(),
            [&](int side) { return static_cast<std::size_t>(side) > in[0].values.size(); }) ||
        out.shape.size() > 8 || CountOf(out.shape) != in[0].values.size()) {
      Fail(fmt::format("the constant {} has an impossible shape", Printable(node.name)));
    }
    out.values = std::move(in[0].values);
    return out;
  }
  std::vector<std::vector<std::size_t>> places;
  for (std::size_t i = 1; i < in.size(); ++i) {
    auto fitting = Places(in[i].shape, in[0].shape);
    if (!fitting) {
      Fail(fmt::format("the shapes that go into the constant {} do not fit", Printable(node.name)));
    }
    places.push_back(std::move(*fitting));
  }
  const auto other = [&](std::size_t input, std::size_t i) {
    return in[input].values[places[input - 1][i]];
  };
  Tensor out = in[0];
  if (node.type == "FakeQuantize") {
    const auto found = node.data.find("levels");
    const auto levels = found == node.data.end() ? std::nullopt : ParseInt(found->second);
    if (!levels || *levels < 2 || *levels > 65536) {
      Fail(fmt::format("the constant {} lacks its number of levels", Printable(node.name)));
    }
    for (std::size_t i = 0; i < out.values.size(); ++i) {
      out.values[i] = Quantise(in[0].values[i], other(1, i), other(2, i), other(3, i), other(4, i),
                               static_cast<int>(*levels));
    }
    return out;
  }
  const std::map<std::string_view, float (*)(float, float)> operations = {
      {"Add", [](float a, float b) { return a + b; }},
      {"Subtract", [](float a, float b) { return a - b; }},
      {"Multiply", [](float a, float b) { return a * b; }}};
  const auto operation = operations.find(node.type);
  if (operation == operations.end()) {
    Fail(fmt::format("the operation {} ({}) on constants is not known", Printable(node.type),
                     Printable(node.name)));
  }
  for (std::size_t i = 0; i < out.values.size(); ++i) {
    out.values[i] = operation->second(in[0].values[i], other(1, i));
  }
  return out;
}

}  // namespace tenjo
