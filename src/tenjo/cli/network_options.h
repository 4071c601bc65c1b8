#pragma once

#include <string>

#include "tenjo/infer/backend.h"

namespace tenjo::cli {

//! What --size says, "456x256" or "0x368", as width and height.
void ParseSize(const std::string& text, BackendOptions& backend);

}  // namespace tenjo::cli
