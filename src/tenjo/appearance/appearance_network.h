#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <opencv2/core/mat.hpp>
#include <span>
#include <string>
#include <vector>

#include "tenjo/appearance/crop.h"
#include "tenjo/infer/backend.h"
#include "tenjo/model/model_info.h"
#include "tenjo/vision/embedding.h"

namespace tenjo {

//! A network that says what people look like: Tenjo's own or Open Model Zoo's
//! person-reidentification-retail-0288. Used by one thread at a time.
class AppearanceNetwork {
 public:
  //! Throws Error where the file is not such a network or the backend cannot run it. Size and task
  //! of `options` are the network's.
  AppearanceNetwork(const std::filesystem::path& path, BackendOptions options);
  ~AppearanceNetwork();

  //! One embedding of unit length for each crop, empty where the network gave none that is finite.
  std::vector<Embedding> Embed(const cv::Mat& image, std::span<const PersonCrop> crops);

  const ModelInfo& info() const { return info_; }
  std::string Describe() const { return backend_->Describe(); }

 private:
  ModelInfo info_;
  std::unique_ptr<Backend> backend_;
};

}  // namespace tenjo
