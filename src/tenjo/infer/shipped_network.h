#pragma once

#include <filesystem>
#include <string>

namespace tenjo {

inline constexpr const char* kDefaultPoseNetwork = "pose";
inline constexpr const char* kDefaultAppearanceNetwork = "appearance";
inline constexpr const char* kDefaultRefineNetwork = "refine";

//! The file that a user means: a word without slash or dot, as "pose-small", is the network
//! tenjo-WORD.onnx of those that ship (ShippedFolder("models")); all else is a path as it stands.
//! Throws Error, naming those that there are, if no network of this name ships.
std::filesystem::path FindNetwork(const std::filesystem::path& given);

//! What "--refine WORD" means beside a pose network: the file that takes a second look, empty for
//! none. "off": none; "auto": the one that ships where the pose network has person heads; all else
//! as FindNetwork.
std::filesystem::path FindRefineNetwork(const std::string& word, bool person_heads);

//! What "--third-look WORD" means beside a pose network: "on", "off", or "auto", which is on but
//! for tenjo-pose-small, whose users want speed.
bool WantsThirdLook(const std::string& word, const std::filesystem::path& pose_network);

}  // namespace tenjo
