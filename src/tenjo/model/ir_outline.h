#pragma once

#include <filesystem>
#include <set>
#include <string>

namespace tenjo {

//! The names in an OpenVINO IR network.
struct IrOutline {
  std::string name;              //!< what the file calls the network
  std::set<std::string> inputs;  //!< layers of the type Parameter
  std::set<std::string> layers;  //!< all layers
};

//! Reads NAME.xml and looks whether NAME.bin beside it holds all the weights that it speaks of.
//! Throws Error if either cannot be read, is cut short or is something else.
IrOutline ReadIrOutline(const std::filesystem::path& path);

}  // namespace tenjo
