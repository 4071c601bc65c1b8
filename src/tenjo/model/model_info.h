#pragma once

#include <array>
#include <filesystem>
#include <string>
#include <vector>

namespace tenjo {

enum class ColourOrder { kBgr, kRgb };

//! What of a picture of one person an appearance network sees; the rest is grey
//! (appearance/crop.h).
enum class CropMask {
  kNone,     //!< all of it
  kBox,      //!< the person's box, not what widens it to the picture's aspect
  kEllipse,  //!< the ellipse in that box
};
//! "none", "box", "ellipse".
const char* NameOf(CropMask mask);

//! What a network says of itself: metadata_props of an ONNX file (docs/formats.md), or the
//! facts known of Open Model Zoo's human-pose-estimation-0001 and
//! person-reidentification-retail-0288 in OpenVINO IR.
//! The network computes on (pixel - mean) / scale of 8-bit pixels, channels in its colour order.
struct ModelInfo {
  std::filesystem::path path;
  std::string name;  //!< file name without extension
  //! Or "appearance": a picture of one person to an embedding; or "refine": to its points.
  std::string task = "pose";
  std::string input;    //!< name of the image input, 1x3xHxW
  int input_width = 0;  //!< size the network was made for; others may be asked of it
  int input_height = 0;
  ColourOrder colour = ColourOrder::kBgr;
  std::array<float, 3> mean = {0, 0, 0};  //!< in the network's colour order
  std::array<float, 3> scale = {1, 1, 1};
  bool normalises_itself = false;        //!< mean and scale are inside the network: feed it 0..255
  int stride = 8;                        //!< input pixels per map pixel
  std::string skeleton;                  //!< "openpose18": 18 keypoints + background, 19 limbs
  std::string heatmaps;                  //!< name of the output 1x19xhxw
  std::string pafs;                      //!< name of the output 1x38xhxw
  std::string centres;                   //!< name of the output 1x1xhxw; empty where there is none
  std::string boxes;                     //!< name of the output 1x6xhxw; empty where there is none
  std::string embedding;                 //!< name of the output 1xN of an appearance network
  std::string points;                    //!< name of the output 1x354xhxw of a refining network
  CropMask crop_mask = CropMask::kNone;  //!< of an appearance network
  std::string training_data;             //!< empty where the file does not say
  std::string licence;                   //!< empty where the file does not say
};

//! Planes of the two outputs of a network with the skeleton openpose18.
inline constexpr int kHeatmapChannels = 19;
inline constexpr int kPafChannels = 38;
//! Planes of the outputs "centres" and "boxes" (docs/formats.md).
inline constexpr int kCentreChannels = 1;
inline constexpr int kBoxChannels = 6;
//! Planes of the output "points" (docs/formats.md).
inline constexpr int kPointChannels = 354;
//! Longest side of a network's input, in pixels.
inline constexpr int kMaxInputSide = 8192;

//! An output of maps.
struct ModelOutput {
  std::string role;  //!< "heatmaps", "pafs", "centres", "boxes", "points" or "embedding"
  std::string name;  //!< in the graph
  int channels = 0;
};
//! The maps of a pose network: heatmaps, pafs, then centres and boxes where it has them; of a
//! refining one its points.
std::vector<ModelOutput> MapsOf(const ModelInfo& info);
//! The same, and the embedding of an appearance network, which has no planes (channels 0).
std::vector<ModelOutput> OutputsOf(const ModelInfo& info);

//! Reads the facts of an .onnx or .xml (OpenVINO IR) network and holds them against its inputs and
//! outputs. Of the file only the outline is read: weights are skipped.
//! Throws Error if the file is not a network or does not say what is needed.
ModelInfo ReadModelInfo(const std::filesystem::path& path);

}  // namespace tenjo
