#include "tenjo/model/narrow.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "tenjo/base/disjoint_sets.h"
#include "tenjo/base/error.h"

namespace tenjo {
namespace {

bool IsDepthwise(const Layer& layer) {
  return layer.groups > 1 && layer.groups == layer.in_channels &&
         layer.groups == layer.out_channels;
}

// Copies what `kept` says of the first dimension of a tensor.
Tensor SliceFirst(const Tensor& tensor, const std::vector<int>& kept) {
  const std::size_t each = tensor.values.size() / static_cast<std::size_t>(tensor.shape[0]);
  Tensor slice = {tensor.shape, {}};
  slice.shape[0] = static_cast<int>(kept.size());
  slice.values.reserve(kept.size() * each);
  for (const int c : kept) {
    const auto begin = tensor.values.begin() + static_cast<std::ptrdiff_t>(c * each);
    slice.values.insert(slice.values.end(), begin, begin + static_cast<std::ptrdiff_t>(each));
  }
  return slice;
}

Tensor SliceSecond(const Tensor& tensor, const std::vector<int>& kept) {
  const auto wide = static_cast<std::size_t>(tensor.shape[1]);
  const std::size_t each =
      tensor.values.size() / (static_cast<std::size_t>(tensor.shape[0]) * wide);
  Tensor slice = {tensor.shape, {}};
  slice.shape[1] = static_cast<int>(kept.size());
  slice.values.reserve(tensor.values.size() / wide * kept.size());
  for (std::size_t o = 0; o < static_cast<std::size_t>(tensor.shape[0]); ++o) {
    for (const int c : kept) {
      const auto begin = tensor.values.begin() + static_cast<std::ptrdiff_t>((o * wide + c) * each);
      slice.values.insert(slice.values.end(), begin, begin + static_cast<std::ptrdiff_t>(each));
    }
  }
  return slice;
}

// How well a few channels stand for all of those that one convolution reads: what is left of their
// covariance once the channels taken so far have explained what they can, in terms of what the
// convolution makes of it.
class Explained {
 public:
  // `weights`: rows x channels, with which they are read; `covariance`: channels x channels.
  Explained(std::size_t channels, const std::vector<double>& weights,
            std::vector<double> covariance)
      : n_(channels), left_(std::move(covariance)), read_(n_ * n_), product_(n_ * n_), gain_(n_) {
    for (std::size_t row = 0; row < weights.size() / n_; ++row) {
      const double* w = weights.data() + row * n_;
      for (std::size_t i = 0; i < n_; ++i) {
        for (std::size_t j = 0; j < n_; ++j) {
          read_[i * n_ + j] += w[i] * w[j];
        }
      }
    }
    double all = 0;
    for (std::size_t i = 0; i < n_; ++i) {
      const std::vector<double> column = Times(read_, &left_[i * n_]);
      for (std::size_t j = 0; j < n_; ++j) {
        product_[i * n_ + j] = column[j];  // read x left, by columns
        gain_[i] += left_[i * n_ + j] * column[j];
      }
      all += column[i];
      floor_ = std::max(floor_, kNothing * left_[i * n_ + i]);
    }
    scale_ = all > 0 ? 1 / all : 0;
  }

  // The share of what the convolution gives that channel c would explain beyond those taken.
  double Gain(std::size_t c) const {
    const double variance = left_[c * n_ + c];
    return variance > floor_ ? scale_ * gain_[c] / variance : 0;
  }

  void Take(std::size_t c) {
    const double variance = left_[c * n_ + c];
    if (variance <= floor_) {
      return;
    }
    std::vector<double> u(n_);
    for (std::size_t i = 0; i < n_; ++i) {
      u[i] = left_[c * n_ + i] / std::sqrt(variance);
    }
    const std::vector<double> read_u = Times(read_, u.data());
    const double square = std::inner_product(u.begin(), u.end(), read_u.begin(), 0.0);
    for (std::size_t i = 0; i < n_; ++i) {
      double* column = &product_[i * n_];
      const double both = std::inner_product(u.begin(), u.end(), column, 0.0);
      gain_[i] += u[i] * (u[i] * square - 2 * both);
      for (std::size_t j = 0; j < n_; ++j) {
        column[j] -= u[i] * read_u[j];
        left_[i * n_ + j] -= u[i] * u[j];
      }
    }
  }

 private:
  static constexpr double kNothing = 1e-9;  // of the greatest variance: rounding, not information

  std::vector<double> Times(const std::vector<double>& matrix, const double* vector) const {
    std::vector<double> out(n_);
    for (std::size_t i = 0; i < n_; ++i) {
      out[i] = std::inner_product(vector, vector + n_, &matrix[i * n_], 0.0);
    }
    return out;
  }

  std::size_t n_;
  std::vector<double> left_;     // covariance, symmetric
  std::vector<double> read_;     // weights' products, symmetric
  std::vector<double> product_;  // of both
  std::vector<double> gain_;     // of each channel, times its variance
  double scale_ = 0;
  double floor_ = 0;
};

class Chooser {
 public:
  Chooser(const Network& network, const ReadCovariances& read)
      : network_(network), folded_(FoldBatchNorm(network)), read_(read) {}

  KeptChannels Choose(double share) {
    NumberChannels();
    if (read_.empty()) {
      Weigh();
    }
    Pick(share);
    KeptChannels kept;
    for (const auto& [layer, numbers] : channels_) {
      kept[layer] = Kept(numbers);
    }
    return kept;
  }

 private:
  // A number for every channel that a layer's output has. Layers that only pass channels on have
  // those of their inputs.
  void NumberChannels() {
    channels_[std::string(kImage)] = NewChannels(3);
    Fix(kImage);
    for (const Layer& layer : network_.layers) {
      std::vector<int> inputs = Inputs(layer);
      if (layer.kind == LayerKind::kAdd) {
        const auto count = static_cast<std::size_t>(layer.out_channels);
        for (std::size_t i = count; i < inputs.size(); ++i) {
          same_.Join(inputs[i], inputs[i % count]);
          tied_.Join(inputs[i], inputs[i % count]);
        }
        inputs.resize(count);
      } else if (layer.kind == LayerKind::kConvolution && !IsDepthwise(layer)) {
        inputs = NewChannels(layer.out_channels);
      }
      channels_[layer.name] = std::move(inputs);
      if (layer.kind == LayerKind::kConvolution && layer.groups > 1 && !IsDepthwise(layer)) {
        // Its groups would have to lose equally many channels.
        Fix(layer.name);
        for (const std::string& input : layer.inputs) {
          Fix(input);
        }
      }
    }
    for (const NetworkOutput& output : network_.outputs) {
      Fix(output.layer);
    }
  }

  std::vector<int> NewChannels(int count) {
    std::vector<int> numbers;
    for (int i = 0; i < count; ++i) {
      numbers.push_back(same_.Add());
      tied_.Add();
      tied_.Join(numbers.front(), numbers.back());
    }
    return numbers;
  }

  // Of all inputs, one after another.
  std::vector<int> Inputs(const Layer& layer) const {
    std::vector<int> numbers;
    for (const std::string& input : layer.inputs) {
      const std::vector<int>& one = channels_.at(input);
      numbers.insert(numbers.end(), one.begin(), one.end());
    }
    return numbers;
  }

  void Fix(std::string_view layer) {
    const std::vector<int>& numbers = channels_.find(layer)->second;
    fixed_.insert(fixed_.end(), numbers.begin(), numbers.end());
  }

  // Follows each channel from where it is made, through what passes it on, to where it is read.
  void Weigh() {
    importance_.assign(same_.size(), 0);
    std::map<std::string, std::vector<double>, std::less<>> strength;
    strength[std::string(kImage)].assign(3, 1);
    for (const Layer& layer : folded_.layers) {
      std::vector<double> out;
      for (const std::string& input : layer.inputs) {
        const std::vector<double>& one = strength.at(input);
        out.insert(out.end(), one.begin(), one.end());
      }
      if (layer.kind == LayerKind::kAdd) {
        const auto count = static_cast<std::size_t>(layer.out_channels);
        for (std::size_t i = count; i < out.size(); ++i) {
          out[i % count] += out[i];
        }
        out.resize(count);
      } else if (layer.kind == LayerKind::kConvolution) {
        out = Pass(layer, out);
      }
      strength[layer.name] = std::move(out);
    }
  }

  std::vector<double> Pass(const Layer& layer, const std::vector<double>& in) {
    const std::vector<float>& weights = folded_.weights.at(layer.name + "/weight").values;
    const auto slices = static_cast<std::size_t>(layer.in_channels / layer.groups);
    const std::size_t each = static_cast<std::size_t>(layer.kernel) * layer.kernel;
    const std::size_t outs_of_group = static_cast<std::size_t>(layer.out_channels / layer.groups);
    std::vector<double> made(static_cast<std::size_t>(layer.out_channels));
    std::vector<double> read(in.size());
    for (std::size_t o = 0; o < made.size(); ++o) {
      for (std::size_t i = 0; i < slices; ++i) {
        const auto begin = weights.begin() + static_cast<std::ptrdiff_t>((o * slices + i) * each);
        const double sum =
            std::accumulate(begin, begin + static_cast<std::ptrdiff_t>(each), 0.0,
                            [](double total, float weight) { return total + std::abs(weight); });
        made[o] += sum;
        read[o / outs_of_group * slices + i] += sum;
      }
    }
    if (IsDepthwise(layer)) {
      for (std::size_t c = 0; c < made.size(); ++c) {
        made[c] *= in[c];
      }
      return made;
    }
    // In shares of all that the layer reads: else one layer with large weights would outvote
    // others.
    const double all = std::inner_product(in.begin(), in.end(), read.begin(), 0.0);
    const std::vector<int> numbers = Inputs(layer);
    for (std::size_t i = 0; all > 0 && i < in.size(); ++i) {
      importance_[static_cast<std::size_t>(same_.Find(numbers[i]))] += in[i] * read[i] / all;
    }
    return made;
  }

  void Pick(double share) {
    std::map<int, std::vector<int>> groups;
    for (int i = 0; i < static_cast<int>(same_.size()); ++i) {
      if (same_.Find(i) == i) {
        groups[tied_.Find(i)].push_back(i);
      }
    }
    std::vector<bool> whole(same_.size());
    for (const int number : fixed_) {
      whole[static_cast<std::size_t>(tied_.Find(number))] = true;
    }
    keep_.assign(same_.size(), false);
    for (auto& [group, numbers] : groups) {
      const auto count = static_cast<double>(numbers.size());
      const auto most = static_cast<std::size_t>(std::max(8L, 8 * std::lround(share * count / 8)));
      if (!whole[static_cast<std::size_t>(group)] && most < numbers.size()) {
        numbers = read_.empty() ? Heaviest(std::move(numbers), most) : Telling(numbers, most);
      }
      for (const int number : numbers) {
        keep_[static_cast<std::size_t>(number)] = true;
      }
    }
  }

  std::vector<int> Heaviest(std::vector<int> numbers, std::size_t most) const {
    std::stable_sort(numbers.begin(), numbers.end(), [&](int a, int b) {
      return importance_[static_cast<std::size_t>(a)] > importance_[static_cast<std::size_t>(b)];
    });
    numbers.resize(most);
    return numbers;
  }

  // One after another those that explain most of what reads them.
  std::vector<int> Telling(const std::vector<int>& numbers, std::size_t most) const {
    std::vector<Explained> readers;
    for (const Layer& layer : network_.layers) {
      if (const auto covariance = read_.find(layer.name); covariance != read_.end()) {
        AddReader(layer, covariance->second, numbers, &readers);
      }
    }
    std::vector<int> taken;
    std::vector<bool> is_taken(numbers.size());
    while (taken.size() < most) {
      double best = -1;
      std::size_t at = 0;
      for (std::size_t c = 0; c < numbers.size(); ++c) {
        const double gain = std::accumulate(
            readers.begin(), readers.end(), 0.0,
            [&](double sum, const Explained& reader) { return sum + reader.Gain(c); });
        if (!is_taken[c] && gain > best) {
          best = gain;
          at = c;
        }
      }
      is_taken[at] = true;
      taken.push_back(numbers[at]);
      for (Explained& reader : readers) {
        reader.Take(at);
      }
    }
    return taken;
  }

  // The part of what `layer` reads that is `numbers`, if any.
  void AddReader(const Layer& layer, const std::vector<double>& covariance,
                 const std::vector<int>& numbers, std::vector<Explained>* readers) const {
    std::map<int, std::size_t> place;
    const std::vector<int> inputs = Inputs(layer);
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      place[same_.Find(inputs[i])] = i;
    }
    const auto reads = [&](int number) { return place.contains(number); };
    if (std::none_of(numbers.begin(), numbers.end(), reads)) {
      return;
    }
    TENJO_CHECK(covariance.size() == inputs.size() * inputs.size());
    // What is tied by sums may be read in parts: 0 of the rest.
    const std::size_t n = numbers.size();
    std::vector<double> part(n * n);
    for (std::size_t a = 0; a < n; ++a) {
      for (std::size_t b = 0; b < n; ++b) {
        if (reads(numbers[a]) && reads(numbers[b])) {
          part[a * n + b] = covariance[place.at(numbers[a]) * inputs.size() + place.at(numbers[b])];
        }
      }
    }
    const Tensor& weight = folded_.weights.at(layer.name + "/weight");
    const std::size_t each = static_cast<std::size_t>(layer.kernel) * layer.kernel;
    const std::size_t row_count = static_cast<std::size_t>(layer.out_channels) * each;
    std::vector<double> rows(row_count * n);
    for (std::size_t row = 0; row < row_count; ++row) {
      const std::size_t filter = row / each;
      for (std::size_t c = 0; c < n; ++c) {
        if (reads(numbers[c])) {
          rows[row * n + c] =
              weight.values[(filter * inputs.size() + place.at(numbers[c])) * each + row % each];
        }
      }
    }
    readers->emplace_back(n, rows, std::move(part));
  }

  // Places of those channels that stay.
  std::vector<int> Kept(const std::vector<int>& numbers) const {
    std::vector<int> kept;
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      if (keep_[static_cast<std::size_t>(same_.Find(numbers[i]))]) {
        kept.push_back(static_cast<int>(i));
      }
    }
    return kept;
  }

  const Network& network_;
  Network folded_;
  const ReadCovariances& read_;
  std::map<std::string, std::vector<int>, std::less<>> channels_;  // numbers of each layer's output
  DisjointSets same_;       // numbers of one channel: a sum has those of what it adds
  DisjointSets tied_;       // channels of which the same share stays
  std::vector<int> fixed_;  // in sets that stay whole
  std::vector<double> importance_;
  std::vector<bool> keep_;
};

// What stays of all that a layer reads.
std::vector<int> KeptInputs(const Network& network, const Layer& layer, const KeptChannels& kept) {
  std::vector<int> inputs;
  int before = 0;
  for (const std::string& name : layer.inputs) {
    for (const int c : kept.find(name)->second) {
      inputs.push_back(before + c);
    }
    before += name == kImage ? 3 : network.Find(name)->out_channels;
  }
  return inputs;
}

}  // namespace

KeptChannels ChooseChannels(const Network& network, double share, const ReadCovariances& read) {
  if (!(share > 0 && share <= 1)) {
    throw Error(
        fmt::format("a network cannot be cut to {} of its channels; above 0 to 1 it can", share));
  }
  return Chooser(network, read).Choose(share);
}

Network KeepChannels(const Network& network, const KeptChannels& kept) {
  Network narrow = network;
  for (Layer& layer : narrow.layers) {
    const Layer& old = *network.Find(layer.name);
    const std::vector<int> in = KeptInputs(network, old, kept);
    const std::vector<int>& out = kept.find(layer.name)->second;
    const bool dense = layer.kind == LayerKind::kConvolution && layer.groups == 1;
    layer.in_channels = static_cast<int>(layer.kind == LayerKind::kAdd ? out.size() : in.size());
    layer.out_channels = static_cast<int>(out.size());
    if (layer.kind == LayerKind::kConvolution && IsDepthwise(old)) {
      layer.groups = layer.out_channels;
    }
    for (const char* part : kWeightParts) {
      const auto tensor = narrow.weights.find(layer.name + part);
      if (tensor != narrow.weights.end()) {
        tensor->second = SliceFirst(tensor->second, out);
      }
    }
    if (dense) {
      Tensor& weight = narrow.weights.at(layer.name + "/weight");
      weight = SliceSecond(weight, in);
    }
  }
  CheckNetwork(narrow, "cut to fewer channels");
  return narrow;
}

Network NarrowNetwork(const Network& network, double share) {
  const KeptChannels kept = ChooseChannels(network, share);
  return share == 1 ? network : KeepChannels(network, kept);
}

}  // namespace tenjo
