#pragma once

#include <string>
#include <string_view>

namespace tenjo {

//! The reason in an OpenVINO exception's text on one line: without the lines that say where in
//! OpenVINO's sources it was thrown, cut at 300 bytes.
std::string OneLine(std::string_view what);

}  // namespace tenjo
