#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

namespace tenjo {

//! What xz packed, unpacked; other bytes as they are. `name` is for the Error that is thrown where
//! the packing is damaged or cut short, or holds more than `most` bytes.
std::string Unpacked(std::string bytes, std::size_t most, std::string_view name);

//! The bytes of a file that xz may have packed. Throws Error too if it cannot be read.
std::string ReadPackedFile(const std::filesystem::path& path, std::size_t most);

}  // namespace tenjo
