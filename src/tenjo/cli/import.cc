#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "tenjo/base/error.h"
#include "tenjo/cli/command.h"
#include "tenjo/cli/sides_option.h"
#include "tenjo/model/blend.h"
#include "tenjo/model/import_ir.h"
#include "tenjo/model/network_onnx.h"

namespace tenjo::cli {
namespace {

struct ImportArguments {
  std::filesystem::path network;
  std::filesystem::path out;
  std::optional<int> stages;
  std::string input_size;
  std::filesystem::path blend;
  double share = 0.5;
  bool half = false;
  bool quiet = false;
};

Network Read(const std::filesystem::path& path) {
  return path.extension() == ".onnx" ? ReadOnnxNetwork(path) : ImportIr(path);
}

void Import(const ImportArguments& arguments) {
  if (arguments.out.extension() != ".onnx") {
    throw Error(
        fmt::format("--out {} should end in .onnx: that is how networks are told apart from others",
                    arguments.out.string()));
  }
  Network network = Read(arguments.network);
  if (!arguments.blend.empty()) {
    network = BlendWeights(Read(arguments.blend), network, arguments.share);
  }
  if (arguments.stages) {
    network = CutStages(network, *arguments.stages);
  }
  if (!arguments.input_size.empty()) {
    const auto [width, height] = SidesOf("--input-size", arguments.input_size);
    SetInputSize(&network, width, height);
  }
  WriteOnnx(network, arguments.out, arguments.half ? WeightStorage::kHalf : WeightStorage::kFloat);
  if (!arguments.quiet) {
    const NetworkFacts& facts = network.facts;
    const std::string text = fmt::format(
        "{}: {} refinement stage{}, {} weights, {:.2f} GFLOPs (a multiplication and an addition "
        "are two) at {}x{}\n",
        arguments.out.string(), network.stages(), network.stages() == 1 ? "" : "s",
        CountWeights(network),
        1e-9 * static_cast<double>(CountOperations(network, facts.input_width, facts.input_height)),
        facts.input_width, facts.input_height);
    std::fputs(text.c_str(), stderr);
  }
}

}  // namespace

void AddImport(CLI::App& program) {
  auto arguments = std::make_shared<ImportArguments>();
  CLI::App* command = program.add_subcommand("import",
                                             "Make an ONNX network of Open Model Zoo's "
                                             "human-pose-estimation-0001, or write one of Tenjo's "
                                             "in another form");
  command
      ->add_option("NETWORK", arguments->network,
                   "OpenVINO IR (NAME.xml, with NAME.bin beside it), or an .onnx of Tenjo")
      ->required();
  command->add_option("--out", arguments->out, "The network, to run, train and cut")
      ->type_name("FILE.onnx")
      ->required();
  command
      ->add_option("--stages", arguments->stages,
                   "Refinement stages to keep; all of them if it is not said")
      ->check(CLI::Range(0, 3));
  command
      ->add_option("--input-size", arguments->input_size,
                   "Pixels of its input where nobody says another size; default: as NETWORK has it")
      ->type_name("WxH");
  auto* blend = command->add_option(
      "--blend", arguments->blend,
      "Take weights between those of this network and NETWORK, which was trained from it: what was "
      "learned with less of the old forgotten");
  blend->type_name("FILE");
  command->add_option("--share", arguments->share, "How far from --blend to NETWORK")
      ->needs(blend)
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  command->add_flag("--half", arguments->half,
                    "Keep weights in half precision: half the file, computed in FP32 all the same");
  command->add_flag("--quiet", arguments->quiet, "No summary");
  command->callback([arguments] { Import(*arguments); });
}

}  // namespace tenjo::cli
