#pragma once

#include <filesystem>

namespace tenjo::synth {

//! Draws the labels of the first `count` pictures of a set on one sheet (OUT/preview.jpg) and lists
//! them on a page (OUT/preview.html). Throws Error if OUT holds no set.
void WritePreview(const std::filesystem::path& out, int count);

//! `count` people of the set, drawn at random, cut out on one sheet (OUT/crops.jpg).
void WriteCrops(const std::filesystem::path& out, int count);

}  // namespace tenjo::synth
