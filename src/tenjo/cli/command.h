#pragma once

#include <CLI/CLI.hpp>

namespace tenjo::cli {

// Each command adds its subcommand to the program; its work runs as the subcommand's callback.
void AddBench(CLI::App& program);
void AddConvert(CLI::App& program);
void AddEval(CLI::App& program);
void AddImport(CLI::App& program);
void AddCalibrate(CLI::App& program);
void AddQuantize(CLI::App& program);
void AddRun(CLI::App& program);
void AddServe(CLI::App& program);
void AddSynth(CLI::App& program);
void AddTrack(CLI::App& program);
void AddTrain(CLI::App& program);

}  // namespace tenjo::cli
