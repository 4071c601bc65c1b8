#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "tenjo/model/model_info.h"

namespace tenjo {

enum class LayerKind {
  kConvolution,        //!< then batch norm, then activation, where the layer has them
  kMaxPool,            //!< kernel, stride; no padding
  kConcat,             //!< along the channels
  kAdd,                //!< of two or more inputs of the same shape
  kGlobalAveragePool,  //!< NCHW to NCx1x1
  kL2Normalise,        //!< NCx1x1 to NxC of unit length
};

enum class Activation { kNone, kRelu, kElu };

//! One step of a network. Its output is known by its name.
struct Layer {
  LayerKind kind = LayerKind::kConvolution;
  std::string name = {};
  std::vector<std::string> inputs = {};  //!< earlier layers, or kImage
  int in_channels = 0;                   //!< of all inputs together for kConcat
  int out_channels = 0;
  int kernel = 1;  //!< square, as are stride, dilation and padding
  int stride = 1;
  int dilation = 1;
  int padding = 0;
  int groups = 1;
  bool bias = false;
  bool batch_norm = false;
  Activation activation = Activation::kNone;
};

//! Name under which layers take the network's input.
inline constexpr std::string_view kImage = "image";
//! Added to the variance by every batch norm.
inline constexpr double kBatchNormEpsilon = 1e-5;

//! Ends of the names of a layer's weights.
inline constexpr std::array<const char*, 6> kWeightParts = {
    "/weight", "/bias", "/bn_scale", "/bn_shift", "/bn_mean", "/bn_variance"};

struct Tensor {
  std::vector<int> shape = {};
  std::vector<float> values = {};
};

//! A layer whose output is an answer.
struct NetworkOutput {
  std::string layer;
  std::string role;  //!< "heatmaps", "pafs", "centres", "boxes", "embedding" or "points"
  int stage = 0;     //!< 0: the first guess; n: after n refinement stages
};

//! What a network says of itself besides its layers (docs/formats.md).
struct NetworkFacts {
  std::string task = "pose";  //!< "pose", "appearance" or "refine"
  int input_width = 0;        //!< pixels, the size it was made for
  int input_height = 0;
  ColourOrder colour = ColourOrder::kBgr;
  std::array<float, 3> mean = {0, 0, 0};  //!< in the network's colour order
  std::array<float, 3> scale = {1, 1, 1};
  int stride = 8;
  std::string skeleton = {};
  CropMask crop_mask = CropMask::kNone;  //!< of an appearance network
  std::string training_data = {};
  std::string licence = {};
};

//! A network as data: what the LibTorch module, the ONNX file and the counts are made from.
//! Layers stand in an order in which each can be worked out from those before it.
//! Weights are named LAYER/weight (OIHW), LAYER/bias and, for batch norm, LAYER/bn_scale,
//! LAYER/bn_shift, LAYER/bn_mean, LAYER/bn_variance.
struct Network {
  NetworkFacts facts;
  std::vector<Layer> layers;
  std::vector<NetworkOutput> outputs;
  std::map<std::string, Tensor> weights;

  const Layer* Find(std::string_view name) const;
  //! Highest stage among the outputs; 0 without refinement.
  int stages() const;
  //! The outputs of the last stage of each role: what running needs.
  std::vector<NetworkOutput> FinalOutputs() const;
};

enum class PoseBase {
  kMobileNetV1,  //!< to conv5_5, conv5_1 dilated (Osokin 2018, arXiv:1811.12004)
  kVgg19,        //!< to conv4_2 and two convolutions (OpenPose: Cao et al. 2017, arXiv:1611.08050)
};

struct PoseNetworkOptions {
  PoseBase base = PoseBase::kMobileNetV1;
  double width = 1;  //!< factor of all channel counts: 0.25 to 1, rounded to multiples of 8
  int stages = 1;    //!< refinement stages after the first guess, 0 to 3
  //! Of the separable convolutions between base and first guess. kRelu: the paper's. kElu: Open
  //! Model Zoo's human-pose-estimation-0001, which has one 1x1 convolution more there.
  Activation activation = Activation::kRelu;
  //! Outputs "centres" and "boxes": the middle and the person-aligned box of each person.
  bool person_heads = false;
  int input_width = 456;
  int input_height = 256;
};

//! Lightweight OpenPose (Osokin 2018), weights drawn by InitialiseWeights with seed 1.
//! Throws Error for options that are out of range.
Network MakePoseNetwork(const PoseNetworkOptions& options);

//! Gives a network of Lightweight OpenPose the outputs "centres" and "boxes", whatever its base,
//! width and stages; their layers ("person/...") start from `seed`, all others stay as they are.
//! One that has them stays as it is. Throws Error for a network of another form.
void AddPersonHeads(Network* network, std::uint64_t seed);

struct AppearanceNetworkOptions {
  double width = 1;  //!< factor of MobileNetV1's channel counts, 0.25 to 1
  int numbers = 128;
  int input_width = 64;
  int input_height = 128;
};

//! MobileNetV1 with its last stride left out, the mean over the picture, a linear layer with batch
//! norm, unit length: output "embedding", N x numbers.
Network MakeAppearanceNetwork(const AppearanceNetworkOptions& options);

struct RefineNetworkOptions {
  double width = 0.5;  //!< factor of MobileNetV1's channel counts, 0.25 to 1
  int input_width = 96;
  int input_height = 128;
};

//! For a second look at one person, cut out head up: MobileNetV1 to conv5_5 at stride 16 and two
//! layers that answer "points" (pose/person_points.h). Layers of the base are named as those of
//! pose networks, whose weights fit.
Network MakeRefineNetwork(const RefineNetworkOptions& options);

//! He's normal weights (He et al. 2015), 0.01 for what ends in an output, batch norm that changes
//! nothing. Person heads begin with nobody anywhere. The same seed gives the same bits.
void InitialiseWeights(Network* network, std::uint64_t seed);

//! The shapes of all weights that the layers ask for, by name.
std::map<std::string, std::vector<int>> WeightShapes(const Network& network);

//! Throws Error, speaking of the network as `name`, unless every layer's inputs are there before it
//! and fit, the outputs are what their roles ask for and the weights have the right shapes and are
//! finite.
void CheckNetwork(const Network& network, const std::string& name);

//! Numbers learned: weights, biases, scales and shifts of batch norm.
std::int64_t CountWeights(const Network& network);
//! Operations of one pass over a picture of this size: a multiplication and an addition count as
//! two; of convolutions alone, as is the custom.
std::int64_t CountOperations(const Network& network, int width, int height);

//! Another size of the image that a pose network is made for: what `tenjo run` takes where nobody
//! says one. Throws Error if a side is no multiple of the stride, or for a network of pictures of
//! one person, whose size is part of what it learned.
void SetInputSize(Network* network, int width, int height);

//! Leaves out what only later refinement stages need. Throws Error if the network has not so many.
Network CutStages(const Network& network, int stages);
//! The same function without batch norm, which becomes part of weights and biases.
Network FoldBatchNorm(const Network& network);

//! Mean and variance of each channel before batch norm, as measured on pictures.
struct ChannelMoments {
  std::vector<float> mean;
  std::vector<float> variance;
};
//! Gives convolutions whose batch norm was folded away one again, in such a way that the function
//! stays the same: `moments` of their results without bias, by layer.
void InsertBatchNorm(Network* network, const std::map<std::string, ChannelMoments>& moments);
//! Layers that a network of this kind is published with batch norm in: all of the base and the 3x3
//! convolutions of the refinement stages.
std::vector<std::string> LayersForBatchNorm(const Network& network);

//! Copies the weights of layers of the same name and shape; returns how many layers got theirs.
int CopyWeights(const Network& from, Network* to);

}  // namespace tenjo
