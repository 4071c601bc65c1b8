#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "tenjo/model/network.h"

namespace tenjo {

//! One <layer> of an OpenVINO IR file.
struct IrNode {
  std::string name;
  std::string type;
  std::map<std::string, std::string> data;  //!< attributes of its <data> element
  std::vector<int> inputs;                  //!< ids of the layers it takes, in their order
};

//! The graph of an OpenVINO IR file, with its weights.
class IrGraph {
 public:
  //! Throws Error if NAME.xml or NAME.bin is damaged or cut short.
  explicit IrGraph(const std::filesystem::path& path);

  const std::map<int, IrNode>& nodes() const { return nodes_; }
  const IrNode& At(int id) const;
  //! Whether nothing but constants goes into it.
  bool IsConstant(int id) const;
  //! The value of a constant, worked out through Convert, FakeQuantize, Reshape, Add, Subtract and
  //! Multiply. Throws Error for other operations.
  Tensor Evaluate(int id) const;
  //! Error with the file's name in front.
  [[noreturn]] void Fail(const std::string& what) const;

 private:
  void ReadXml(std::string_view xml);
  Tensor ReadConstant(const IrNode& node) const;
  Tensor EvaluateAt(int id, int depth) const;
  bool IsConstantAt(int id, int depth) const;

  std::filesystem::path path_;
  std::string bytes_;
  std::map<int, IrNode> nodes_;
};

}  // namespace tenjo
