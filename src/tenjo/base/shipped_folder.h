#pragma once

#include <filesystem>
#include <string>

namespace tenjo {

//! The folder `name` of what ships with the program: the environment variable TENJO_NAME (in
//! capitals) if it is set, else share/tenjo/NAME where the program is installed, else NAME in the
//! sources that it was built from.
std::filesystem::path ShippedFolder(const std::string& name);

}  // namespace tenjo
