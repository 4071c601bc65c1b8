#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <termios.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <iostream>
#include <memory>
#include <string>

#include "tenjo/base/error.h"
#include "tenjo/base/return_memory.h"
#include "tenjo/cli/command.h"
#include "tenjo/cli/interrupt.h"
#include "tenjo/serve/password.h"
#include "tenjo/serve/service.h"
#include "tenjo/serve/site_config.h"
#include "tenjo/video/videoio.h"

namespace tenjo::cli {
namespace {

std::atomic<bool> reload{false};

//! A terminal does not show what is typed while it lives.
class SilentTerminal {
 public:
  SilentTerminal() : is_terminal_(tcgetattr(STDIN_FILENO, &before_) == 0) {
    if (is_terminal_) {
      termios silent = before_;
      silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
      tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
    }
  }
  ~SilentTerminal() {
    if (is_terminal_) {
      tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
      std::fputs("\n", stderr);
    }
  }
  SilentTerminal(const SilentTerminal&) = delete;
  SilentTerminal& operator=(const SilentTerminal&) = delete;

 private:
  termios before_ = {};
  bool is_terminal_;
};

// All problems, one a line; the last of them as the error.
SiteConfig ReadOrFail(const std::string& path) {
  SiteConfigResult read = ReadSiteConfig(path);
  if (read.problems.empty()) {
    return std::move(read.config);
  }
  for (std::size_t i = 0; i + 1 < read.problems.size(); ++i) {
    std::fputs(fmt::format("tenjo: {}\n", read.problems[i].text).c_str(), stderr);
  }
  throw Error(read.problems.back().text);
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

//! A password from standard input, as the hash that the configuration asks for.
void PrintHash() {
  std::string password;
  if (isatty(STDIN_FILENO) != 0) {
    std::fputs("Password: ", stderr);
  }
  const SilentTerminal silent;
  std::getline(std::cin, password);
  std::puts(HashPassword(password).c_str());
}

void Serve(const std::string& path, bool anonymize) {
  const SiteConfig config = ReadOrFail(path);
  std::atomic<bool>& stop = Interrupted();
  std::signal(SIGHUP, [](int) { reload = true; });
  if (!config.network_note.empty()) {
    spdlog::info("{}", config.network_note);
  }
  ReturnMemory();
  PrepareVideoio();  // sets environment variables, which no other thread may be reading
  Service service(path, config, TENJO_VERSION, anonymize);
  if (service.http_port() > 0) {
    if (config.http->cert.empty() && !config.http->users.empty() &&
        !IsLoopback(config.http->host)) {
      spdlog::warn(
          "passwords travel in the clear: set cert and key of [http], or put a server "
          "with TLS before it");
    }
    spdlog::info("listening on {}://{}:{}", config.http->cert.empty() ? "http" : "https",
                 config.http->host, service.http_port());
  }
  service.Run(stop, reload);
}

}  // namespace

void AddServe(CLI::App& program) {
  auto path = std::make_shared<std::string>();
  auto anonymize = std::make_shared<bool>(false);
  auto hash = std::make_shared<bool>(false);
  CLI::App* serve = program.add_subcommand(
      "serve", "Watch cameras day and night: who is where, how long, and what is reached for");
  serve->add_option("CONFIG", *path, "TOML file (docs/serve.md)");
  serve->add_flag("--anonymize", *anonymize, "Blur people in every picture that leaves");
  serve->add_flag("--hash-password", *hash,
                  "Read a password from standard input, print the hash for [[http.user]], and end");
  serve->callback([path, anonymize, hash] {
    if (*hash) {
      PrintHash();
    } else if (path->empty()) {
      throw CLI::RequiredError("CONFIG");
    } else {
      Serve(*path, *anonymize);
    }
  });

  auto checked = std::make_shared<std::string>();
  CLI::App* check = program.add_subcommand("check", "Say all that is wrong with a configuration");
  check->add_option("CONFIG", *checked, "TOML file of tenjo serve")->required();
  check->callback([checked] { Check(*checked); });
}

}  // namespace tenjo::cli
