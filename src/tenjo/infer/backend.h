#pragma once

#include <filesystem>
#include <memory>
#include <opencv2/core/mat.hpp>
#include <string>
#include <vector>

#include "tenjo/model/model_info.h"

namespace tenjo {

//! An output of the network, owned by the request it came from.
struct TensorView {
  std::string name;
  std::vector<int> shape;  //!< NCHW
  const float* data = nullptr;
};

struct BackendOptions {
  std::string task = "pose";         //!< what the network is wanted for; or "appearance", "refine"
  std::string backend = "openvino";  //!< or "torch": LibTorch, for networks that Tenjo wrote
  std::string device = "CPU";        //!< OpenVINO's name of it; of torch CPU or CUDA
  int threads = 0;                   //!< 0: as many as the machine has cores
  //! Of the network input, in pixels. Both 0: the size the network was made for. Width alone 0:
  //! the width may differ from image to image (a folder of pictures).
  int width = 0;
  int height = 0;
  //! Of what is not quantised. bfloat16 only on CPUs that have it, by OpenVINO.
  bool bf16 = false;
  int streams = 0;   //!< worked on at the same time; 0: what the device finds best
  int requests = 0;  //!< in flight at once; 0: what the device asks for, at least 2
  //! OpenVINO may keep each of its threads on one core. That is a few percent quicker on a machine
  //! of its own; beside other work such a thread waits for its core, however idle the others are.
  bool bind_threads = true;
  //! Compiled networks are kept here (the newest 32) so that the next start is quick; empty: not
  //! kept. An entry that is damaged or a folder that cannot be written costs time and a warning.
  std::filesystem::path cache_dir = {};
};

//! Runs one network on 8-bit BGR images, several requests in flight.
//! Each request has a slot with its own input and outputs; a slot is used by one thread at a time,
//! different slots by any.
//!
//! On a CPU the arithmetic is 32-bit floating point, or the integers that a quantised network asks
//! for, never the bfloat16 that newer CPUs would choose by themselves, unless asked for: the same
//! image gives the same bits for any number of threads, streams and requests. Across kinds of CPU
//! results agree to rounding (the order of sums follows the vector instructions).
class Backend {
 public:
  //! Throws Error for an unknown backend or device, or a network that cannot be compiled or whose
  //! inputs and outputs are not what `info` says.
  static std::unique_ptr<Backend> Create(const ModelInfo& info, const BackendOptions& options);
  virtual ~Backend() = default;

  virtual int num_slots() const = 0;
  //! Requests that the device works on at the same time.
  virtual int num_streams() const { return 1; }
  //! The slot's input as an 8-bit BGR image to be written in place (no copy is made of it).
  //! `size` must be the input's size; where the width is open, the fixed height and any width from
  //! 1 to kMaxInputSide.
  virtual cv::Mat Input(int slot, cv::Size size) = 0;
  //! Starts the request and returns at once; what goes wrong comes out of Wait.
  virtual void Start(int slot) = 0;
  //! Waits for the request; heatmaps, pafs, then centres and boxes where the network has them,
  //! or the embedding of one for appearance (OutputsOf). The views hold until the slot starts
  //! again. Throws Error if the request failed.
  virtual std::vector<TensorView> Wait(int slot) = 0;
  //! One line for people: device, streams, threads, precision.
  virtual std::string Describe() const = 0;
};

}  // namespace tenjo
