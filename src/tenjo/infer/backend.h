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
  std::string backend = "openvino";
  std::string device = "CPU";  //!< OpenVINO's device name
  int threads = 0;             //!< 0: as many as the machine has cores
  int width = 0;               //!< of the network input; 0: may differ from image to image
  int height = 0;
  int requests = 0;            //!< in flight at once; 0: what the device asks for
  std::filesystem::path cache_dir;  //!< compiled networks are kept here; empty: not kept
};

//! Runs one network on 8-bit BGR images, several requests in flight.
//! Each request has a slot with its own input and outputs; a slot is used by one thread at a time,
//! different slots by any.
class Backend {
 public:
  //! Throws Error for an unknown backend or device, or a network that cannot be compiled or whose
  //! inputs and outputs are not what `info` says.
  static std::unique_ptr<Backend> Create(const ModelInfo& info, const BackendOptions& options);
  virtual ~Backend() = default;

  virtual int num_slots() const = 0;
  //! The slot's input as an 8-bit BGR image to be written in place (no copy is made of it).
  //! `size` must be the options' size where they fix one.
  virtual cv::Mat Input(int slot, cv::Size size) = 0;
  //! Starts the request; returns at once.
  virtual void Start(int slot) = 0;
  //! Waits for the request; the views hold until the slot starts again.
  virtual std::vector<TensorView> Wait(int slot) = 0;
  //! One line for people: device, streams, threads, precision.
  virtual std::string Describe() const = 0;
};

}  // namespace tenjo
