#pragma once

#include <array>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace onnx {
class ModelProto;
class NodeProto;
}  // namespace onnx

namespace tenjo {

//! Where a filter lies on what it reads; each pair is down, across.
struct FilterPlaces {
  std::array<int, 2> stride = {1, 1};
  std::array<int, 2> dilation = {1, 1};
  std::array<int, 2> pad_before = {0, 0};
  std::array<int, 2> pad_behind = {0, 0};
};

//! A convolution that can be quantised: two-dimensional, its weights constant.
struct GraphConvolution {
  std::string name;  //!< the tensor that it makes
  std::string input;
  std::vector<int> shape;  //!< OIHW of the weights, I within a group
  int groups = 1;
  std::optional<FilterPlaces> places;  //!< nothing where the file leaves padding to the runtime
  std::vector<float> weights;
  std::vector<float> bias;  //!< one a filter; zeros where the file has none
  std::string part_of;      //!< the convolution of joined channels, the sum of its parts; or empty
  std::size_t offset = 0;   //!< of a part: its first channel there

  std::size_t filters() const { return static_cast<std::size_t>(shape[0]); }
  std::size_t filters_per_group() const { return filters() / static_cast<std::size_t>(groups); }
  //! Weights of one filter.
  std::size_t filter_size() const { return weights.size() / filters(); }
  //! Weights of one filter that see one input channel.
  std::size_t kernel_size() const {
    return static_cast<std::size_t>(shape[2]) * static_cast<std::size_t>(shape[3]);
  }
  //! Input channel that the filter's I-th slice sees.
  std::size_t channel(std::size_t filter, std::size_t slice) const {
    const std::size_t group = filter / filters_per_group();
    return group * static_cast<std::size_t>(shape[1]) + slice;
  }
};

//! Name of the layer that a layer's part (from 1) becomes, which reads one of the tensors joined.
std::string PartOfLayer(const std::string& layer, std::size_t part);

//! An ONNX graph in FP32 with its convolutions taken out as numbers, to be written back in other
//! forms. Batch norm behind a convolution is folded into it; a convolution that reads what a Concat
//! joined is taken apart into one for each joined tensor, summed, so that each can round its own.
class FloatGraph {
 public:
  //! Throws Error if the file is no ONNX network, is quantised already or has no convolution.
  explicit FloatGraph(const std::filesystem::path& path);
  FloatGraph(const FloatGraph& other);
  ~FloatGraph();
  FloatGraph& operator=(const FloatGraph&) = delete;

  //! In the graph's order.
  std::vector<GraphConvolution> convolutions;

  const std::string& input() const { return input_; }
  //! The file keeps weights in 16 bits; here they are in 32.
  bool half_weights() const { return half_weights_; }
  const std::vector<std::string>& outputs() const { return outputs_; }
  //! What stays in FP32 because it cannot be quantised: a sentence's part each.
  const std::vector<std::string>& left_out() const { return left_out_; }
  //! The tensors that the convolutions read, each once, in the graph's order.
  std::vector<std::string> ConvolutionInputs() const;

  //! The operation that makes the tensor, as ONNX names it; empty for the input.
  std::string MadeBy(const std::string& tensor) const;

  //! Where the channels of a tensor go: each into the input of a convolution, its first channel
  //! there at `offset`.
  struct Use {
    std::size_t convolution = 0;
    std::size_t offset = 0;
  };
  //! All uses, if scaling a channel by a positive factor passes through unharmed to each of them
  //! (Relu, pooling and Concat pass it on; an output of the network or a sum does not); else empty.
  std::vector<Use> ScalableUses(const std::string& tensor) const;

  class Writer;
  struct Form {
    std::set<std::string> tensors;  //!< to be passed through `tensor` on their way to any layer
    //! Adds nodes that make `to` out of `from`.
    std::function<void(Writer&, const std::string& from, const std::string& to)> tensor;
    //! Adds nodes that make `convolution.name` out of the tensor `input`; place in `convolutions`.
    std::function<void(Writer&, std::size_t convolution, const std::string& input)> convolution;
    std::vector<std::string> more_outputs;
  };
  //! The bytes of an ONNX file of this graph in another form.
  std::string Write(
      const Form& form,
      const std::vector<std::pair<std::string, std::string>>& more_metadata = {}) const;
  //! As it is.
  std::string WriteFloat(const std::vector<std::string>& more_outputs) const;
  //! Names of the outputs of what WriteFloat gives, in order: further ones come behind the
  //! network's own.
  std::vector<std::string> OutputsWith(const std::vector<std::string>& more_outputs) const;

 private:
  void FoldBatchNorm();
  void PartJoined();
  bool PartConvolution(int node);
  std::optional<std::vector<std::pair<std::string, std::size_t>>> JoinedInto(
      const std::string& tensor) const;
  void TakeConvolutions();
  bool TakeConvolution(int node);
  bool Follow(const std::string& tensor, std::size_t offset, std::vector<Use>* uses) const;
  bool FollowConcat(const onnx::NodeProto& node, const std::string& tensor, std::size_t offset,
                    std::vector<Use>* uses) const;
  std::size_t Channels(const std::string& tensor) const;

  std::filesystem::path path_;
  std::unique_ptr<onnx::ModelProto> model_;  // without the convolutions' weights
  bool half_weights_ = false;
  std::vector<int> nodes_;  // place of each convolution
  std::string input_;
  std::vector<std::string> outputs_;
  std::vector<std::string> left_out_;
  //! By the tensor that a part makes: the convolution that it is of, and its first channel there.
  std::map<std::string, std::pair<std::string, std::size_t>> parts_;
};

//! Adds to a graph that is being written.
class FloatGraph::Writer {
 public:
  explicit Writer(onnx::ModelProto* model) : model_(model) {}
  onnx::NodeProto* Node(const std::string& op, const std::vector<std::string>& inputs,
                        const std::string& output);
  void Floats(const std::string& name, const std::vector<int>& shape,
              const std::vector<float>& values);
  //! Eight-bit numbers, signed or not.
  void Bytes(const std::string& name, const std::vector<int>& shape,
             const std::vector<std::int8_t>& values, bool is_signed);
  //! An input of one number.
  void ScalarInput(const std::string& name);
  //! A convolution with the attributes of the original.
  onnx::NodeProto* Convolution(const std::vector<std::string>& inputs, const std::string& output);

 private:
  friend class FloatGraph;
  onnx::ModelProto* model_;
  const onnx::NodeProto* original_ = nullptr;
};

}  // namespace tenjo
