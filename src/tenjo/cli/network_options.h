#pragma once

#include <filesystem>
#include <string>

#include "tenjo/infer/backend.h"

namespace tenjo::cli {

//! Where compiled networks are kept for quick starts, after the XDG base directory specification.
std::filesystem::path DefaultCacheDir();

//! What --size says, "456x256" or "0x368", as width and height.
void ParseSize(const std::string& text, BackendOptions& backend);

}  // namespace tenjo::cli
