#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tenjo {

//! Embeddings from a file, all of the same length: row i is that of line i of the file of boxes
//! beside it.
struct EmbeddingTable {
  std::size_t length = 0;  //!< numbers of each
  std::vector<float> values;

  std::int64_t rows() const {
    return length == 0 ? 0 : static_cast<std::int64_t>(values.size() / length);
  }
  std::span<const float> operator[](std::int64_t row) const {
    return std::span(values).subspan(static_cast<std::size_t>(row) * length, length);
  }
};

//! Reads NumPy's .npy (two dimensions, little-endian float32 or float64, C order), or, whatever
//! else the name ends with, text: a row a line, numbers with commas or blanks between. Throws
//! Error, naming file and row, for rows of different lengths, what is not a number or not finite,
//! a row of zeros, and a file that is cut short.
EmbeddingTable ReadEmbeddingTable(const std::filesystem::path& path);

//! The same from bytes; `name` stands for the file in errors.
EmbeddingTable ParseEmbeddingText(std::string_view text, std::string_view name);
EmbeddingTable ParseEmbeddingNpy(std::string_view bytes, std::string_view name);

//! The bytes of a .npy file of float32.
std::string FormatEmbeddingNpy(const EmbeddingTable& table);

}  // namespace tenjo
