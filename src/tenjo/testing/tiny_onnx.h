#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace tenjo::testing {

enum class TinyBody {
  kConvolutions,  //!< 3x3 convolutions of step 2 with Relu between, seeded random weights
  kPooling,       //!< closed form: plane c of each output is, block by block of stride x stride
                  //!< pixels, the mean of what the network is fed in input channel c % 3
};

struct TinyPoseOptions {
  TinyBody body = TinyBody::kConvolutions;
  int width = 64;
  int height = 48;
  bool dynamic = false;  //!< height and width of the input are left open
  int stride = 8;        //!< a power of two
  std::string input = "image";
  std::string heatmaps = "heatmaps";
  std::string pafs = "pafs";
  int heatmap_channels = 19;
  int paf_channels = 38;
  std::uint64_t seed = 1;
  bool nan_weights = false;
  bool second_input = false;  //!< an input more than a pose network has
  bool metadata = true;       //!< the metadata_props of docs/formats.md
  std::map<std::string, std::string> set =
      {};                              //!< metadata put in the place of the default or added
  std::set<std::string> without = {};  //!< metadata left out
};

//! Writes a network of a few kilobytes that looks like a pose network: its metadata fit its graph
//! unless the options say otherwise (colour bgr, mean 0, scale 1).
void WriteTinyPoseNetwork(const std::filesystem::path& path, const TinyPoseOptions& options = {});

//! Writes a network that answers every image with the same maps, whatever it sees.
//! `heatmaps` are 19 x height x width numbers, `pafs` 38 x height x width; the input is
//! 1 x 3 x height*stride x width*stride. `centres` (1 plane) and `boxes` (6) make it one with
//! person heads.
void WriteConstantPoseNetwork(const std::filesystem::path& path, const std::vector<float>& heatmaps,
                              const std::vector<float>& pafs, int height, int width, int stride = 8,
                              const std::vector<float>& centres = {},
                              const std::vector<float>& boxes = {});

//! A person that walks wherever a white dot goes on black.
struct DotPerson {
  std::vector<float> maps;  //!< 19 heatmaps, then 38 pafs, each rows x columns, about the dot
  int rows = 0;             //!< odd, as are columns: the dot is in the cell in the middle
  int columns = 0;
  int dot = 12;  //!< side of the dot, pixels
};

//! Writes a network that answers `person` about each dot, in an image of width x height pixels.
void WriteDotPoseNetwork(const std::filesystem::path& path, const DotPerson& person, int width,
                         int height);

}  // namespace tenjo::testing
