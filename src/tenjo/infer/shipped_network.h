#pragma once

#include <filesystem>

namespace tenjo {

inline constexpr const char* kDefaultPoseNetwork = "pose";
inline constexpr const char* kDefaultAppearanceNetwork = "appearance";

//! The file that a user means: a word without slash or dot, as "pose-small", is the network
//! tenjo-WORD.onnx of those that ship (ShippedFolder("models")); all else is a path as it stands.
//! Throws Error, naming those that there are, if no network of this name ships.
std::filesystem::path FindNetwork(const std::filesystem::path& given);

}  // namespace tenjo
