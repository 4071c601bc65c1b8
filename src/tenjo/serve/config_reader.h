#pragma once

#define TOML_EXCEPTIONS 1
#include <fmt/format.h>
#include <toml++/toml.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tenjo/analyze/geometry.h"
#include "tenjo/base/atomic_file.h"
#include "tenjo/base/error.h"
#include "tenjo/base/text.h"
#include "tenjo/serve/site_config.h"

// For the files that read the configuration alone: it brings the TOML parser.
namespace tenjo {

//! Collects what is wrong, to be told in the order of lines.
class Problems {
 public:
  explicit Problems(std::string path) : path_(std::move(path)) {}
  void Add(std::int64_t line, const std::string& sentence) {
    list_.push_back({line, sentence, fmt::format("{}:{}: {}", path_, line, sentence)});
  }
  void Add(const toml::node& node, const std::string& sentence) {
    Add(node.source().begin.line, sentence);
  }
  std::vector<ConfigProblem> Sorted() {
    std::stable_sort(list_.begin(), list_.end(),
                     [](const auto& a, const auto& b) { return a.line < b.line; });
    return std::move(list_);
  }

 private:
  std::string path_;
  std::vector<ConfigProblem> list_;
};

//! One table. Keys that nobody asked for are unknown: Finish says so.
class Reader {
 public:
  Reader(const toml::table& table, std::string name, std::filesystem::path folder,
         Problems& problems)
      : table_(table), name_(std::move(name)), folder_(std::move(folder)), problems_(problems) {}

  std::int64_t line() const { return table_.source().begin.line; }
  std::int64_t LineOf(const std::string& key) const {
    const toml::node* node = table_.get(key);
    // A table that is not there has no line either.
    return std::max<std::int64_t>(1, node != nullptr ? node->source().begin.line : line());
  }
  void Wrong(const std::string& key, const std::string& sentence) {
    problems_.Add(LineOf(key), sentence);
  }
  bool Has(const std::string& key) const { return table_.contains(key); }
  const std::string& name() const { return name_; }
  //! From which relative paths are.
  const std::filesystem::path& folder() const { return folder_; }
  Problems& problems() { return problems_; }

  std::optional<std::string> Text(const std::string& key, bool required = false) {
    const toml::node* node = Get(key, required);
    if (node == nullptr) {
      return std::nullopt;
    }
    if (const auto* text = node->as_string()) {
      return text->get();
    }
    problems_.Add(*node, fmt::format("{} must be a text in quotes", Named(key)));
    return std::nullopt;
  }

  void Number(const std::string& key, double& value, double least, double most) {
    const toml::node* node = Get(key, false);
    if (node == nullptr) {
      return;
    }
    const std::optional<double> number = node->value<double>();
    if (!number || !node->is_number() || !(*number >= least && *number <= most)) {
      problems_.Add(*node,
                    fmt::format("{} must be a number from {} to {}", Named(key), least, most));
      return;
    }
    value = *number;
  }

  template <typename T>
  void Whole(const std::string& key, T& value, std::int64_t least, std::int64_t most) {
    const toml::node* node = Get(key, false);
    if (node == nullptr) {
      return;
    }
    const auto* number = node->as_integer();
    if (number == nullptr || number->get() < least || number->get() > most) {
      problems_.Add(
          *node, fmt::format("{} must be a whole number from {} to {}", Named(key), least, most));
      return;
    }
    value = static_cast<T>(number->get());
  }

  void Flag(const std::string& key, bool& value) {
    const toml::node* node = Get(key, false);
    if (node == nullptr) {
      return;
    }
    if (const auto* flag = node->as_boolean()) {
      value = flag->get();
      return;
    }
    problems_.Add(*node, fmt::format("{} must be true or false", Named(key)));
  }

  //! A path, from the folder of the configuration.
  std::optional<std::filesystem::path> Path(const std::string& key, bool required = false) {
    const auto text = Text(key, required);
    if (!text) {
      return std::nullopt;
    }
    return *text == "-" ? std::filesystem::path("-") : folder_ / *text;
  }

  //! A file that must be there.
  std::optional<std::filesystem::path> File(const std::string& key, bool required = false) {
    auto path = Path(key, required);
    if (path && (access(path->c_str(), R_OK) != 0 || std::filesystem::is_directory(*path))) {
      Wrong(key, fmt::format("{}: cannot read the file {}", Named(key), path->string()));
      return std::nullopt;
    }
    return path;
  }

  //! {env = "NAME"} or {file = "PATH"}: secrets never stand in the configuration itself, but the
  //! hash of one may, as a text.
  std::string Secret(const std::string& key, bool is_hash = false) {
    const toml::node* node = Get(key, false);
    if (node == nullptr) {
      return {};
    }
    if (is_hash && node->is_string()) {
      return node->as_string()->get();
    }
    const toml::table* table = node->as_table();
    const auto* env = table != nullptr ? table->get_as<std::string>("env") : nullptr;
    const auto* file = table != nullptr ? table->get_as<std::string>("file") : nullptr;
    if ((env == nullptr) == (file == nullptr) || table->size() != 1) {
      problems_.Add(*node, fmt::format("{} must be {{ env = \"NAME\" }} or {{ file = \"PATH\" }}: "
                                       "secrets do not stand in the configuration",
                                       Named(key)));
      return {};
    }
    if (env != nullptr) {
      const char* value = std::getenv(env->get().c_str());
      if (value == nullptr || *value == '\0') {
        problems_.Add(*node, fmt::format("{}: the environment has no {}", Named(key), env->get()));
        return {};
      }
      return value;
    }
    try {
      return std::string(Trim(ReadFile(folder_ / file->get())));
    } catch (const Error& error) {
      problems_.Add(*node, fmt::format("{}: {}", Named(key), error.what()));
      return {};
    }
  }

  //! A word of a list.
  template <typename T>
  void Choice(const std::string& key, T& value,
              std::initializer_list<std::pair<const char*, T>> words) {
    const auto text = Text(key);
    if (!text) {
      return;
    }
    std::string known;
    for (const auto& [word, meaning] : words) {
      if (*text == word) {
        value = meaning;
        return;
      }
      known += (known.empty() ? "" : ", ") + std::string(word);
    }
    Wrong(key, fmt::format("{} must be one of {}", Named(key), known));
  }

  std::optional<Reader> Table(const std::string& key) {
    const toml::node* node = Get(key, false);
    if (node == nullptr) {
      return std::nullopt;
    }
    if (const toml::table* table = node->as_table()) {
      return Reader(*table, name_.empty() ? key : name_ + "." + key, folder_, problems_);
    }
    problems_.Add(*node, fmt::format("{} must be a table: [{}]", Named(key), key));
    return std::nullopt;
  }

  //! [[key]], any number of times.
  std::vector<Reader> Tables(const std::string& key) {
    std::vector<Reader> readers;
    const toml::node* node = Get(key, false);
    if (node == nullptr) {
      return readers;
    }
    const toml::array* array = node->as_array();
    if (array == nullptr || !array->is_homogeneous(toml::node_type::table)) {
      problems_.Add(*node, fmt::format("{} must be a list of tables: [[{}]]", Named(key), key));
      return readers;
    }
    for (const toml::node& one : *array) {
      readers.emplace_back(*one.as_table(), name_.empty() ? key : name_ + "." + key, folder_,
                           problems_);
    }
    return readers;
  }

  //! [[x, y], [x, y], …]
  std::vector<Point2> Points(const std::string& key) {
    std::vector<Point2> points;
    const toml::node* node = Get(key, true);
    const toml::array* array = node != nullptr ? node->as_array() : nullptr;
    if (array != nullptr) {
      for (const toml::node& one : *array) {
        const toml::array* pair = one.as_array();
        if (pair == nullptr || pair->size() != 2 || !pair->get(0)->is_number() ||
            !pair->get(1)->is_number()) {
          array = nullptr;
          break;
        }
        points.push_back({*pair->get(0)->value<double>(), *pair->get(1)->value<double>()});
      }
    }
    if (node != nullptr && array == nullptr) {
      problems_.Add(*node, fmt::format("{} must be a list of [x, y]", Named(key)));
      points.clear();
    }
    return points;
  }

  //! Two values of one kind.
  template <typename T>
  std::optional<std::array<T, 2>> Pair(const std::string& key, const char* what) {
    const toml::node* node = Get(key, false);
    if (node == nullptr) {
      return std::nullopt;
    }
    const toml::array* array = node->as_array();
    if (array != nullptr && array->size() == 2) {
      const auto a = array->get(0)->value<T>();
      const auto b = array->get(1)->value<T>();
      if (a && b) {
        return std::array<T, 2>{*a, *b};
      }
    }
    problems_.Add(*node, fmt::format("{} must be {}", Named(key), what));
    return std::nullopt;
  }

  void Finish() {
    for (const auto& [key, node] : table_) {
      const std::string name(key.str());
      if (!asked_.contains(name)) {
        std::string known;
        for (const std::string& one : asked_) {
          known += (known.empty() ? "" : ", ") + one;
        }
        problems_.Add(key.source().begin.line,
                      fmt::format("{} is unknown; there is {}", Named(name), known));
      }
    }
  }

 private:
  std::string Named(const std::string& key) const {
    return name_.empty() ? key : fmt::format("{} of {}", key, name_);
  }
  const toml::node* Get(const std::string& key, bool required) {
    asked_.insert(key);
    const toml::node* node = table_.get(key);
    if (node == nullptr && required) {
      problems_.Add(line(), fmt::format("{} is missing", Named(key)));
    }
    return node;
  }

  const toml::table& table_;
  std::string name_;
  std::filesystem::path folder_;
  Problems& problems_;
  std::set<std::string> asked_;
};

// Names become parts of topics and addresses.
inline bool IsPlainName(const std::string& name) {
  return !name.empty() && name.size() <= 64 &&
         std::all_of(name.begin(), name.end(), [](unsigned char c) {
           return (std::isalnum(c) != 0 && c < 0x80) || c == '-' || c == '_';
         });
}

inline std::string PlainName(Reader& reader, const std::string& key, const std::string& otherwise) {
  std::string name = reader.Text(key, otherwise.empty()).value_or(otherwise);
  if (reader.Has(key) && !IsPlainName(name)) {
    reader.Wrong(key, fmt::format("{} must be 1 to 64 letters, digits, - or _", key));
  }
  return name;
}

}  // namespace tenjo
