#pragma once

#include <CLI/CLI.hpp>
#include <filesystem>

namespace tenjo::cli {

//! Adds `--config FILE.toml`, which may set every other option of the command by its long name
//! (`max-age = 5`); positional arguments by theirs in small letters. The command line wins.
//! Call it after all other options. Throws Error, with the file's line, for unknown names, wrong
//! types and values that the option refuses.
void AddConfigOption(CLI::App& command);

}  // namespace tenjo::cli
