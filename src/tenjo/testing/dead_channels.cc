#include "tenjo/testing/dead_channels.h"

#include <algorithm>
#include <numeric>

namespace tenjo::testing {
namespace {

// Places of channels of the narrow network in the wide one.
using Places = std::vector<std::size_t>;

Places DrawPlaces(int narrow, int wide, std::mt19937_64* engine) {
  Places places(static_cast<std::size_t>(wide));
  std::iota(places.begin(), places.end(), 0);
  std::shuffle(places.begin(), places.end(), *engine);
  places.resize(static_cast<std::size_t>(narrow));
  std::sort(places.begin(), places.end());
  return places;
}

}  // namespace

Network AddDeadChannels(const Network& narrow, Network wide, std::mt19937_64* engine) {
  // What is added must stand at the same places.
  std::map<std::string, std::string> leader;
  for (const Layer& layer : narrow.layers) {
    if (layer.kind == LayerKind::kAdd) {
      for (const std::string& input : layer.inputs) {
        leader[input] = layer.inputs.front();
      }
    }
  }
  std::map<std::string, Places> places = {{std::string(kImage), {0, 1, 2}}};
  for (const Layer& layer : narrow.layers) {
    const Layer& other = *wide.Find(layer.name);
    const bool dense = layer.kind == LayerKind::kConvolution && layer.groups == 1;
    Places in;
    std::size_t before = 0;
    for (const std::string& input : layer.inputs) {
      for (const std::size_t place : places.at(input)) {
        in.push_back(before + place);
      }
      before += input == kImage ? 3 : static_cast<std::size_t>(wide.Find(input)->out_channels);
    }
    Places& out = places[layer.name];
    if (layer.kind == LayerKind::kAdd) {
      out = places.at(layer.inputs.front());
    } else if (!dense) {
      out = in;
    } else {
      const auto found = leader.find(layer.name);
      out = found != leader.end() && found->second != layer.name
                ? places.at(found->second)
                : DrawPlaces(layer.out_channels, other.out_channels, engine);
    }
    for (const char* part : {"/bias", "/bn_shift", "/bn_mean", "/bn_scale", "/bn_variance"}) {
      const auto from = narrow.weights.find(layer.name + part);
      if (from != narrow.weights.end()) {
        std::vector<float>& to = wide.weights.at(from->first).values;
        std::fill(to.begin(), to.end(), from->first.ends_with("/bn_variance") ? 1.0F : 0.0F);
        for (std::size_t c = 0; c < out.size(); ++c) {
          to[out[c]] = from->second.values[c];
        }
      }
    }
    if (layer.kind != LayerKind::kConvolution) {
      continue;
    }
    const std::vector<float>& from = narrow.weights.at(layer.name + "/weight").values;
    std::vector<float>& to = wide.weights.at(layer.name + "/weight").values;
    const std::size_t each = static_cast<std::size_t>(layer.kernel) * layer.kernel;
    const std::size_t row = to.size() / static_cast<std::size_t>(other.out_channels);
    for (std::size_t o = 0; o < static_cast<std::size_t>(other.out_channels); ++o) {
      if (!std::binary_search(out.begin(), out.end(), o)) {
        std::fill_n(to.begin() + static_cast<std::ptrdiff_t>(o * row), row, 0.0F);
      }
    }
    const std::size_t slices = dense ? in.size() : 1;
    for (std::size_t o = 0; o < out.size(); ++o) {
      for (std::size_t i = 0; i < slices; ++i) {
        std::copy_n(
            from.begin() + static_cast<std::ptrdiff_t>((o * slices + i) * each), each,
            to.begin() + static_cast<std::ptrdiff_t>(out[o] * row + (dense ? in[i] : 0) * each));
      }
    }
  }
  return wide;
}

}  // namespace tenjo::testing
