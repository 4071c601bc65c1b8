// Writes a small pose network for tests that run the program from outside.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

#include "tenjo/testing/tiny_onnx.h"

namespace {

std::vector<float> ReadFloats(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::vector<float> values(std::filesystem::file_size(path) / sizeof(float));
  file.read(reinterpret_cast<char*>(values.data()),
            static_cast<std::streamsize>(values.size() * sizeof(float)));
  if (!file) {
    throw std::runtime_error("cannot read " + path);
  }
  return values;
}

}  // namespace

int main(int argc, char** argv) {
  tenjo::testing::TinyPoseOptions options;
  std::string out;
  std::string size = "64x48";
  std::string constant;
  std::string dot_person;
  std::string dot_cells;
  std::vector<std::string> set;
  std::vector<std::string> without;
  bool pooling = false;
  bool no_metadata = false;

  CLI::App app("Writes a small pose network as an ONNX file.");
  app.add_option("OUT", out, "file to write")->required();
  app.add_option("--size", size, "WxH of the input in pixels");
  app.add_option("--stride", options.stride, "input pixels per map pixel, a power of two");
  app.add_option("--input", options.input, "name of the input");
  app.add_option("--heatmaps", options.heatmaps, "name of the heatmaps");
  app.add_option("--pafs", options.pafs, "name of the part affinity fields");
  app.add_option("--heatmap-channels", options.heatmap_channels);
  app.add_option("--paf-channels", options.paf_channels);
  app.add_option("--seed", options.seed, "of the random weights");
  app.add_option(
      "--constant", constant,
      "raw float32 file: 19 heatmaps, then 38 pafs, each of the input's size / stride, and "
      "of person heads 1 plane of centres, then 6 of boxes; the network answers these "
      "whatever it sees");
  app.add_option("--dot-person", dot_person,
                 "raw float32 file as for --constant, of --dot-cells: the network answers these "
                 "about each white dot of 12 pixels that it sees on black");
  app.add_option("--dot-cells", dot_cells, "WxH of the maps, both odd");
  app.add_option("--set", set, "KEY=VALUE of the metadata");
  app.add_option("--without", without, "KEY left out of the metadata");
  app.add_flag("--dynamic", options.dynamic, "leave the input's height and width open");
  app.add_flag("--pooling", pooling, "planes are means of the input instead of convolutions");
  app.add_flag("--nan", options.nan_weights, "weights are not numbers");
  app.add_flag("--second-input", options.second_input);
  app.add_flag("--no-metadata", no_metadata);
  CLI11_PARSE(app, argc, argv);

  try {
    if (std::sscanf(size.c_str(), "%dx%d", &options.width, &options.height) != 2) {
      throw std::runtime_error("--size must be WxH");
    }
    if (!constant.empty()) {
      const int width = options.width / options.stride;
      const int height = options.height / options.stride;
      const std::vector<float> maps = ReadFloats(constant);
      const auto plane = static_cast<std::size_t>(width) * static_cast<std::size_t>(height);
      if (maps.size() != 57 * plane && maps.size() != 64 * plane) {
        throw std::runtime_error(
            "--constant must hold 57 or 64 planes of the input's size / stride");
      }
      const auto at = [&](std::size_t planes) {
        return maps.begin() + static_cast<std::ptrdiff_t>(std::min(planes * plane, maps.size()));
      };
      tenjo::testing::WriteConstantPoseNetwork(out, {at(0), at(19)}, {at(19), at(57)}, height,
                                               width, options.stride, {at(57), at(58)},
                                               {at(58), at(64)});
      return 0;
    }
    if (!dot_person.empty()) {
      tenjo::testing::DotPerson person;
      person.maps = ReadFloats(dot_person);
      if (std::sscanf(dot_cells.c_str(), "%dx%d", &person.columns, &person.rows) != 2) {
        throw std::runtime_error("--dot-cells must be WxH");
      }
      tenjo::testing::WriteDotPoseNetwork(out, person, options.width, options.height);
      return 0;
    }
    options.body =
        pooling ? tenjo::testing::TinyBody::kPooling : tenjo::testing::TinyBody::kConvolutions;
    options.metadata = !no_metadata;
    options.without.insert(without.begin(), without.end());
    for (const std::string& entry : set) {
      const auto equals = entry.find('=');
      if (equals == std::string::npos) {
        throw std::runtime_error("--set must be KEY=VALUE");
      }
      options.set[entry.substr(0, equals)] = entry.substr(equals + 1);
    }
    tenjo::testing::WriteTinyPoseNetwork(out, options);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  return 0;
}
