#include <fmt/format.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <exception>
#include <new>
#include <string>

#include "tenjo/base/error.h"
#include "tenjo/cli/command.h"

namespace {

constexpr int kFailed = 1;
constexpr int kWrongUsage = 2;

void SetUpLog() {
  auto log = spdlog::stderr_color_mt("tenjo");
  log->set_pattern("tenjo: %v");
  spdlog::set_default_logger(log);
}

int Fail(const std::string& sentence) {
  std::fputs(fmt::format("tenjo: {}\n", sentence).c_str(), stderr);
  return kFailed;
}

}  // namespace

int main(int argc, char** argv) {
  // A reader that goes away shall end the work cleanly, not kill the program half-way.
  std::signal(SIGPIPE, SIG_IGN);
  SetUpLog();
  CLI::App program("Understands people seen by ceiling cameras.", "tenjo");
  program.set_version_flag("--version", "tenjo " TENJO_VERSION);
  program.require_subcommand(1);
  tenjo::cli::AddConvert(program);
  tenjo::cli::AddEval(program);
  tenjo::cli::AddRun(program);
  tenjo::cli::AddBench(program);
  tenjo::cli::AddQuantize(program);
  tenjo::cli::AddCalibrate(program);
  tenjo::cli::AddImport(program);
  tenjo::cli::AddServe(program);
  tenjo::cli::AddSynth(program);
  tenjo::cli::AddTrack(program);
  tenjo::cli::AddTrain(program);
  try {
    program.parse(argc, argv);
  } catch (const CLI::Success& asked_for_help) {
    return program.exit(asked_for_help);
  } catch (const CLI::Error& usage) {
    program.exit(usage);
    return kWrongUsage;
  } catch (const tenjo::Error& error) {
    return Fail(error.what());
  } catch (const std::bad_alloc&) {
    return Fail("out of memory");
  } catch (const std::exception& error) {
    return Fail(error.what());
  }
  return 0;
}
