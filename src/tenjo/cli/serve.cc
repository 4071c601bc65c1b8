#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <memory>
#include <string>

#include "tenjo/base/error.h"
#include "tenjo/cli/command.h"
#include "tenjo/cli/interrupt.h"
#include "tenjo/serve/service.h"
#include "tenjo/serve/site_config.h"

namespace tenjo::cli {
namespace {

std::atomic<bool> reload{false};

// All problems, one a line; the last of them as the error.
SiteConfig ReadOrFail(const std::string& path) {
  SiteConfigResult read = ReadSiteConfig(path);
  if (read.problems.empty()) {
    return std::move(read.config);
  }
  for (std::size_t i = 0; i + 1 < read.problems.size(); ++i) {
    std::fputs(fmt::format("tenjo: {}\n", read.problems[i]).c_str(), stderr);
  }
  throw Error(read.problems.back());
}

void Check(const std::string& path) {
  const SiteConfig config = ReadOrFail(path);
  std::size_t places = 0;
  for (const CameraConfig& camera : config.cameras) {
    places += camera.places.size();
  }
  std::puts(fmt::format("{} is good: {} cameras, {} places", path, config.cameras.size(), places)
                .c_str());
}

void Serve(const std::string& path) {
  const SiteConfig config = ReadOrFail(path);
  std::atomic<bool>& stop = Interrupted();
  std::signal(SIGHUP, [](int) { reload = true; });
  Service service(path, config, TENJO_VERSION);
  if (service.http_port() > 0) {
    spdlog::info("listening on {}://{}:{}", config.http->cert.empty() ? "http" : "https",
                 config.http->host, service.http_port());
  }
  service.Run(stop, reload);
}

}  // namespace

void AddServe(CLI::App& program) {
  auto path = std::make_shared<std::string>();
  CLI::App* serve = program.add_subcommand(
      "serve", "Watch cameras day and night: who is where, how long, and what is reached for");
  serve->add_option("CONFIG", *path, "TOML file (docs/serve.md)")->required();
  serve->callback([path] { Serve(*path); });

  auto checked = std::make_shared<std::string>();
  CLI::App* check = program.add_subcommand("check", "Say all that is wrong with a configuration");
  check->add_option("CONFIG", *checked, "TOML file of tenjo serve")->required();
  check->callback([checked] { Check(*checked); });
}

}  // namespace tenjo::cli
