#include "tenjo/train/narrow_on_pictures.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <torch/nn/functional/fold.h>

#include <algorithm>
#include <map>
#include <opencv2/core.hpp>
#include <string>
#include <utility>
#include <vector>

#include "tenjo/base/error.h"
#include "tenjo/infer/torch/network_module.h"
#include "tenjo/model/narrow.h"

namespace tenjo {
namespace {

constexpr std::int64_t kPicturesAtOnce = 4;  // what is unfolded of a layer fits into memory
constexpr double kRidge = 1e-6;              // of the mean square of what is read
constexpr int kReluRounds = 3;

// What a layer gives, a tensor for some pictures each.
using Chunks = std::vector<torch::Tensor>;

// Without the activation.
torch::Tensor Convolve(const Layer& layer, const Network& network, const torch::Tensor& input) {
  return torch::conv2d(input, ToTorch(network.weights.at(layer.name + "/weight")),
                       ToTorch(network.weights.at(layer.name + "/bias")), layer.stride,
                       layer.padding, layer.dilation, layer.groups);
}

torch::Tensor RunLayer(const Layer& layer, const Network& network, const Chunks& inputs) {
  return layer.kind == LayerKind::kConvolution
             ? Activate(layer.activation, Convolve(layer, network, inputs.front()))
             : RunWithoutWeights(layer, inputs);
}

// Walks through the layers with all pictures at once, and forgets what no later layer reads.
class Walk {
 public:
  Walk(const Network& network, const torch::Tensor& images) {
    const torch::Tensor input = NetworkModule(network).Normalise(images);
    for (std::int64_t i = 0; i < input.size(0); i += kPicturesAtOnce) {
      values_[std::string(kImage)].push_back(
          input.slice(0, i, std::min(i + kPicturesAtOnce, input.size(0))).contiguous());
    }
    for (const Layer& layer : network.layers) {
      for (const std::string& name : layer.inputs) {
        last_use_[name] = layer.name;
      }
    }
  }

  std::size_t chunks() const { return values_.begin()->second.size(); }
  Chunks InputsOf(const Layer& layer, std::size_t chunk) const {
    Chunks inputs;
    for (const std::string& name : layer.inputs) {
      inputs.push_back(values_.at(name)[chunk]);
    }
    return inputs;
  }
  void Step(const Layer& layer, const Network& network) {
    Chunks out;
    for (std::size_t i = 0; i < chunks(); ++i) {
      out.push_back(RunLayer(layer, network, InputsOf(layer, i)));
    }
    values_[layer.name] = std::move(out);
    for (const std::string& name : layer.inputs) {
      if (last_use_.at(name) == layer.name) {
        values_.erase(name);
      }
    }
  }
  const Chunks& Of(const std::string& layer) const { return values_.at(layer); }

 private:
  std::map<std::string, Chunks> values_;
  std::map<std::string, std::string> last_use_;
};

// Every pixel of `value` (N x C x H x W) as a row of C.
torch::Tensor Rows(const torch::Tensor& value) {
  return value.permute({0, 2, 3, 1}).reshape({-1, value.size(1)});
}

ReadCovariances MeasureReads(const Network& network, const torch::Tensor& images) {
  ReadCovariances covariances;
  Walk walk(network, images);
  for (const Layer& layer : network.layers) {
    if (layer.kind == LayerKind::kConvolution && layer.groups == 1) {
      const auto n = static_cast<std::int64_t>(layer.in_channels);
      torch::Tensor products = torch::zeros({n, n}, torch::kFloat64);
      torch::Tensor sums = torch::zeros({n}, torch::kFloat64);
      double count = 0;
      for (std::size_t i = 0; i < walk.chunks(); ++i) {
        const torch::Tensor rows = Rows(walk.InputsOf(layer, i).front());
        products += rows.t().mm(rows);
        sums += rows.sum(0);
        count += static_cast<double>(rows.size(0));
      }
      const torch::Tensor mean = sums / count;
      const torch::Tensor covariance = (products / count - mean.outer(mean)).contiguous();
      covariances[layer.name].assign(covariance.data_ptr<double>(),
                                     covariance.data_ptr<double>() + covariance.numel());
    }
    walk.Step(layer, network);
  }
  return covariances;
}

// What a convolution sums up, with a last column of 1 for the bias: 1 x rows x (inputs + 1), or
// channels x rows x (pixels + 1) of a depthwise one.
torch::Tensor Unfold(const Layer& layer, const torch::Tensor& input) {
  namespace F = torch::nn::functional;
  torch::Tensor columns =
      F::unfold(input, F::UnfoldFuncOptions({layer.kernel, layer.kernel})
                           .dilation(layer.dilation)
                           .padding(layer.padding)
                           .stride(layer.stride));  // N x (channels kernel^2) x pixels
  const std::int64_t each = columns.size(1) / layer.groups;
  columns = columns.view({columns.size(0), layer.groups, each, columns.size(2)})
                .permute({1, 0, 3, 2})
                .reshape({layer.groups, -1, each});
  return torch::cat({columns, torch::ones({columns.size(0), columns.size(1), 1})}, 2);
}

// Rows as those of Unfold: groups x rows x outputs of a group.
torch::Tensor Fold(const Layer& layer, const torch::Tensor& value) {
  const torch::Tensor rows = Rows(value);
  return rows.view({rows.size(0), layer.groups, -1}).permute({1, 0, 2});
}

// Solves products x = targets, a symmetric system a group.
torch::Tensor Solve(const torch::Tensor& products, const torch::Tensor& targets) {
  const auto n = static_cast<int>(products.size(1));
  const auto outputs = static_cast<int>(targets.size(2));
  torch::Tensor solution = torch::empty(targets.sizes(), torch::kFloat64);
  const torch::Tensor squares = products.diagonal(0, 1, 2).mean(1);
  const torch::Tensor eye = torch::eye(n, torch::kFloat64);
  for (std::int64_t g = 0; g < products.size(0); ++g) {
    const torch::Tensor left = (products[g] + (kRidge * squares[g] + 1e-12) * eye).contiguous();
    const torch::Tensor right = targets[g].contiguous();
    const cv::Mat a(n, n, CV_64F, left.data_ptr<double>());
    const cv::Mat b(n, outputs, CV_64F, right.data_ptr<double>());
    cv::Mat x;
    if (!cv::solve(a, b, x, cv::DECOMP_CHOLESKY)) {
      cv::solve(a, b, x, cv::DECOMP_SVD);
    }
    solution[g].copy_(torch::from_blob(x.data, {n, outputs}, torch::kFloat64));
  }
  return solution;
}

// Fits one convolution of the narrow network to what the wide one gives in the channels kept.
class Fit {
 public:
  Fit(const Layer& wide_layer, const Layer& layer, const std::vector<int>& kept)
      : wide_layer_(wide_layer), layer_(layer), kept_(ToTorch(kept)) {}

  void Run(const Network& wide, const Walk& wide_walk, const Walk& walk, Network* narrow) const {
    Chunks wanted;
    for (std::size_t i = 0; i < walk.chunks(); ++i) {
      const torch::Tensor input = wide_walk.InputsOf(wide_layer_, i).front();
      wanted.push_back(Fold(layer_, Convolve(wide_layer_, wide, input).index_select(1, kept_)));
    }
    torch::Tensor squares;  // of what is read, the same in every round
    torch::Tensor solution;
    const int rounds = layer_.activation == Activation::kRelu ? 1 + kReluRounds : 1;
    for (int round = 0; round < rounds; ++round) {
      torch::Tensor targets;
      for (std::size_t i = 0; i < walk.chunks(); ++i) {
        const torch::Tensor read = Unfold(layer_, walk.InputsOf(layer_, i).front());
        torch::Tensor target = wanted[i];
        if (round > 0) {
          // What ReLU cuts off may be anything below 0.
          const torch::Tensor given = read.bmm(solution.to(torch::kFloat32));
          target = torch::where(target > 0, target, given.clamp_max(0));
        }
        const torch::Tensor transposed = read.transpose(1, 2);
        Add(transposed.bmm(target), &targets);
        if (round == 0) {
          Add(transposed.bmm(read), &squares);
        }
      }
      solution = Solve(squares, targets);
    }
    Put(solution, narrow);
  }

 private:
  static void Add(const torch::Tensor& value, torch::Tensor* sum) {
    const torch::Tensor exact = value.to(torch::kFloat64);
    *sum = sum->defined() ? *sum + exact : exact;
  }

  void Put(const torch::Tensor& solution, Network* narrow) const {
    // groups x (inputs + 1) x outputs of a group, to outputs x inputs.
    const torch::Tensor rows =
        solution.transpose(1, 2).reshape({layer_.out_channels, -1}).to(torch::kFloat32);
    const auto store = [](const torch::Tensor& values, Tensor* tensor) {
      const torch::Tensor plain = values.contiguous();
      tensor->values.assign(plain.data_ptr<float>(), plain.data_ptr<float>() + plain.numel());
    };
    const std::int64_t inputs = rows.size(1) - 1;
    store(rows.slice(1, 0, inputs), &narrow->weights.at(layer_.name + "/weight"));
    store(rows.select(1, inputs), &narrow->weights.at(layer_.name + "/bias"));
  }

  const Layer& wide_layer_;
  const Layer& layer_;
  torch::Tensor kept_;
};

// 1: the same but for a constant; 0: no better than none.
double ShareKept(const Chunks& wide, const Chunks& narrow) {
  double error = 0;
  double all = 0;
  for (std::size_t i = 0; i < wide.size(); ++i) {
    error += (wide[i] - narrow[i]).square().sum().item<double>();
    all += (wide[i] - wide[i].mean({0, 2, 3}, true)).square().sum().item<double>();
  }
  return 1 - error / std::max(all, 1e-30);
}

}  // namespace

Network WithBiases(Network network) {
  for (Layer& layer : network.layers) {
    if (layer.kind == LayerKind::kConvolution && !layer.bias) {
      layer.bias = true;
      network.weights[layer.name + "/bias"] = {
          {layer.out_channels}, std::vector<float>(static_cast<std::size_t>(layer.out_channels))};
    }
  }
  return network;
}

NarrowedNetwork NarrowOnPictures(const Network& network, double share,
                                 const torch::Tensor& images) {
  const torch::NoGradGuard no_grad;
  const Network wide = WithBiases(FoldBatchNorm(network));
  KeptChannels kept = ChooseChannels(wide, share, MeasureReads(wide, images));
  Network narrow = KeepChannels(wide, kept);
  Walk wide_walk(wide, images);
  Walk walk(narrow, images);
  for (std::size_t i = 0; i < wide.layers.size(); ++i) {
    const Layer& wide_layer = wide.layers[i];
    const Layer& layer = narrow.layers[i];
    if (layer.kind == LayerKind::kConvolution) {
      Fit(wide_layer, layer, kept.at(layer.name)).Run(wide, wide_walk, walk, &narrow);
    }
    wide_walk.Step(wide_layer, wide);
    walk.Step(layer, narrow);
    const auto output =
        std::find_if(wide.outputs.begin(), wide.outputs.end(),
                     [&](const NetworkOutput& out) { return out.layer == layer.name; });
    if (output != wide.outputs.end()) {
      spdlog::info("cut to {} of the channels, fitted on {} pictures: {} keep {:.3f}", share,
                   images.size(0), output->role,
                   ShareKept(wide_walk.Of(layer.name), walk.Of(layer.name)));
    }
  }
  return {std::move(narrow), std::move(kept)};
}

}  // namespace tenjo
