#pragma once

#include <CLI/CLI.hpp>

namespace tenjo::cli {

// Each command adds its subcommand to the program; its work runs as the subcommand's callback.
void AddImport(CLI::App& program);
void AddCalibrate(CLI::App& program);
void AddRun(CLI::App& program);
void AddSynth(CLI::App& program);
void AddTrack(CLI::App& program);

}  // namespace tenjo::cli
