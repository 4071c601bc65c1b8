#pragma once

#include <filesystem>
#include <string>

namespace tenjo {

enum class Precision { kAuto, kFp32, kBf16, kInt8 };

//! Of "auto", "fp32", "bf16" or "int8"; throws Error for others.
Precision ParsePrecision(const std::string& name);

struct ChosenNetwork {
  std::filesystem::path model;
  bool bf16 = false;  //!< to be asked of the backend
  std::string said;   //!< what was chosen, where the user might not expect it; else empty
};

//! The file to run where `model` was asked for. NAME-int8.onnx beside NAME.onnx is its form in 8
//! bits if it says that it was made of just this NAME.onnx (by `tenjo quantize`). kAuto takes it on
//! OpenVINO's CPU. Throws Error if what is asked for is not there.
ChosenNetwork ChooseNetwork(const std::filesystem::path& model, Precision precision,
                            const std::string& backend, const std::string& device);

//! The same of the network of looks beside a pose network: int8 was asked of the pose network,
//! looks may have no such form and are then run as they are. What is no .onnx stays what it is.
ChosenNetwork ChooseLooks(const std::filesystem::path& model, Precision precision,
                          const std::string& backend, const std::string& device);

//! Whether an ONNX file says that it is in 8 bits. Throws Error if it cannot be read.
bool IsInt8Network(const std::filesystem::path& model);

//! NAME-int8.onnx of NAME.onnx.
std::filesystem::path Int8Path(const std::filesystem::path& model);

//! Metadata of an INT8 file: "int8", and HashFiles of the FP32 file that it was made of.
inline constexpr const char* kPrecisionKey = "precision";
inline constexpr const char* kQuantisedFromKey = "quantised_from";

}  // namespace tenjo
