#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "tenjo/base/error.h"
#include "tenjo/cli/command.h"
#include "tenjo/dataset/fastlabel.h"

namespace tenjo::cli {
namespace {

struct ConvertArguments {
  std::filesystem::path input;
  std::filesystem::path output;
  std::vector<std::string> people;
  std::vector<std::string> keypoints;
};

void Convert(const ConvertArguments& arguments) {
  FastLabelOptions options;
  if (!arguments.people.empty()) {
    options.people = {arguments.people.begin(), arguments.people.end()};
  }
  for (const std::string& pair : arguments.keypoints) {
    const std::size_t equals = pair.find('=');
    if (equals == std::string::npos || equals == 0 || equals + 1 == pair.size()) {
      throw Error(fmt::format("--keypoint is {} and must be KEY=NAME, as atama=nose.", pair));
    }
    options.keypoints[pair.substr(0, equals)] = pair.substr(equals + 1);
  }
  const FastLabelSet read = ReadFastLabel(arguments.input, {}, options);
  for (const std::string& sentence : read.Sentences()) {
    spdlog::warn("{}.", sentence);
  }
  WriteCoco(read.set, {}, arguments.output);
  std::fputs(
      fmt::format("{} images, {} people, {} of them with keypoints: {}\n", read.set.images.size(),
                  read.set.num_people(), read.set.num_labelled(), arguments.output.string())
          .c_str(),
      stderr);
}

}  // namespace

void AddConvert(CLI::App& program) {
  CLI::App* command =
      program.add_subcommand("convert", "Turn FastLabel's JSON export into a COCO file");
  auto arguments = std::make_shared<ConvertArguments>();
  command->add_option("IN", arguments->input, "FastLabel's export of an image project")->required();
  command->add_option("OUT", arguments->output, "COCO annotations of people")->required();
  command
      ->add_option("--person", arguments->people,
                   "Values of boxes, polygons and segmentations that are people [person people "
                   "human]")
      ->type_name("VALUE");
  command
      ->add_option("--keypoint", arguments->keypoints,
                   "Which of COCO's keypoints a key is, as atama=nose, where it has another name")
      ->type_name("KEY=NAME");
  command->callback([arguments] { Convert(*arguments); });
}

}  // namespace tenjo::cli
