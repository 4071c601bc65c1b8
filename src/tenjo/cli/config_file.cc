#include "tenjo/cli/config_file.h"

#include <fmt/format.h>

#define TOML_EXCEPTIONS 1
#include <toml++/toml.h>
#include <algorithm>
#include <cctype>
#include <string>
#include <vector>

#include "tenjo/base/atomic_file.h"
#include "tenjo/base/error.h"

namespace tenjo::cli {
namespace {

std::string Where(const std::string& path, const toml::node& node) {
  return fmt::format("{}:{}", path, node.source().begin.line);
}

//! An option's name in the file: its long name, or a positional argument's in small letters.
std::string KeyOf(const CLI::Option& option) {
  std::string name = option.get_single_name();
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return name;
}

CLI::Option* FindOption(CLI::App& command, const std::string& key) {
  for (CLI::Option* option : command.get_options()) {
    if (KeyOf(*option) == key && key != "help" && key != "config") {
      return option;
    }
  }
  return nullptr;
}

std::string ValueAsText(const toml::node& node, const std::string& where, const std::string& key) {
  if (const auto* text = node.as_string()) {
    return text->get();
  }
  if (const auto* whole = node.as_integer()) {
    return std::to_string(whole->get());
  }
  if (const auto* number = node.as_floating_point()) {
    return fmt::format("{}", number->get());
  }
  if (const auto* flag = node.as_boolean()) {
    return flag->get() ? "true" : "false";
  }
  throw Error(fmt::format("{}: {} must be a text, a number, true or false", where, key));
}

void Apply(CLI::App& command, const std::string& path) {
  toml::table table;
  try {
    table = toml::parse(ReadFile(path), path);
  } catch (const toml::parse_error& error) {
    throw Error(fmt::format("{}:{}: {}", path, error.source().begin.line,
                            std::string(error.description())));
  }
  for (const auto& [toml_key, node] : table) {
    const std::string key(toml_key.str());
    const std::string where = Where(path, node);
    CLI::Option* option = FindOption(command, key);
    if (option == nullptr) {
      throw Error(fmt::format("{}: unknown option {} (tenjo {} --help lists what there is)", where,
                              key, command.get_name()));
    }
    if (option->count() > 0) {
      continue;  // given on the command line
    }
    try {
      option->add_result(ValueAsText(node, where, key));
      option->run_callback();
    } catch (const CLI::Error& error) {
      throw Error(fmt::format("{}: {}", where, error.what()));
    }
  }
}

}  // namespace

void AddConfigOption(CLI::App& command) {
  command
      .add_option_function<std::string>(
          "--config", [&command](const std::string& path) { Apply(command, path); },
          "TOML file with values of these options by their long names; the command line wins")
      ->type_name("FILE.toml")
      ->trigger_on_parse(false);
}

}  // namespace tenjo::cli
