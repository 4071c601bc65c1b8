#include "tenjo/serve/site_edit.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#define TOML_EXCEPTIONS 1
#include <toml++/toml.h>

#include <algorithm>
#include <functional>
#include <map>
#include <string_view>

#include "tenjo/base/atomic_file.h"

namespace tenjo {
namespace {

namespace fs = std::filesystem;

constexpr std::array<const char*, 3> kKinds = {"zone", "line", "shelf"};

//! A text that is changed in places which are named by the original's lines and columns.
class TextEdit {
 public:
  explicit TextEdit(const std::string& text) : text_(text), starts_{0} {
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] == '\n') {
        starts_.push_back(i + 1);
      }
    }
  }

  void Replace(const toml::source_region& region, const std::string& by) {
    edits_.push_back({OffsetOf(region.begin), OffsetOf(region.end), by});
  }
  void RemoveLines(std::size_t first, std::size_t last) {
    edits_.push_back({StartOf(first), StartOf(last + 1), ""});
  }
  void InsertAfter(std::size_t line, const std::string& lines) {
    const std::size_t at = StartOf(line + 1);
    const bool unended = at == text_.size() && !text_.empty() && text_.back() != '\n';
    edits_.push_back({at, at, (unended ? "\n" : "") + lines});
  }

  std::string Result() {
    std::stable_sort(edits_.begin(), edits_.end(),
                     [](const Edit& a, const Edit& b) { return a.begin < b.begin; });
    std::string result;
    std::size_t done = 0;
    for (const Edit& edit : edits_) {
      result += text_.substr(done, edit.begin - std::min(done, edit.begin)) + edit.by;
      done = std::max(done, edit.end);
    }
    return result + text_.substr(done);
  }

 private:
  struct Edit {
    std::size_t begin;
    std::size_t end;
    std::string by;
  };

  std::size_t StartOf(std::size_t line) const {
    return line <= starts_.size() ? starts_[line - 1] : text_.size();
  }
  // Columns count characters, not bytes.
  std::size_t OffsetOf(const toml::source_position& position) const {
    std::size_t at = StartOf(position.line);
    for (std::uint32_t column = 1; column < position.column && at < text_.size(); ++column) {
      ++at;
      while (at < text_.size() && (static_cast<unsigned char>(text_[at]) & 0xC0) == 0x80) {
        ++at;
      }
    }
    return at;
  }

  const std::string& text_;
  std::vector<std::size_t> starts_;
  std::vector<Edit> edits_;
};

// The last line that a table's own keys, and with `deep` its tables, take.
std::size_t LastLine(const toml::table& table, bool deep) {
  std::size_t last = table.source().begin.line;
  const std::function<void(const toml::node&)> look = [&](const toml::node& node) {
    if (const auto* inner = node.as_table(); inner != nullptr && !inner->is_inline()) {
      if (deep) {
        last = std::max(last, LastLine(*inner, true));
      }
      return;
    }
    const toml::array* array = node.as_array();
    if (array != nullptr && !array->empty() && array->get(0)->is_table() &&
        !array->get(0)->as_table()->is_inline()) {
      for (const toml::node& one : *array) {
        look(one);
      }
      return;
    }
    last = std::max<std::size_t>(last, node.source().end.line);
  };
  for (const auto& [key, node] : table) {
    look(node);
  }
  return last;
}

std::string TextOf(const toml::table& table, const char* key) {
  return table[key].value<std::string>().value_or("");
}

EditRefused Refused(const std::string& sentence, const std::string& camera = {},
                    const std::string& place = {}) {
  return {sentence, {{sentence, camera, place, 0}}};
}

toml::table Parse(const std::string& text) {
  try {
    return toml::parse(text);
  } catch (const toml::parse_error& error) {
    const std::string sentence =
        fmt::format("the configuration file is no TOML at the moment: {}", error.description());
    throw EditRefused(sentence, {{sentence, {}, {}, error.source().begin.line}});
  }
}

// Calls for each table of an array of tables; those written as inline lists cannot be edited.
template <typename Call>
void EachTable(const toml::table& table, const char* key, const Call& call) {
  const toml::array* array = table[key].as_array();
  if (array == nullptr) {
    return;
  }
  for (const toml::node& one : *array) {
    const toml::table* inner = one.as_table();
    if (inner == nullptr || inner->is_inline()) {
      throw Refused(
          fmt::format("line {} of the configuration file has an inline list: only "
                      "[[{}]] can be edited here",
                      array->source().begin.line, key));
    }
    call(*inner);
  }
}

bool IsSameValue(const toml::node& a, const toml::node& b) {
  if (a.is_number() && b.is_number()) {
    return *a.value<double>() == *b.value<double>();
  }
  if (a.is_string() && b.is_string()) {
    return *a.value<std::string>() == *b.value<std::string>();
  }
  const toml::array* x = a.as_array();
  const toml::array* y = b.as_array();
  if (x == nullptr || y == nullptr || x->size() != y->size()) {
    return false;
  }
  for (std::size_t i = 0; i < x->size(); ++i) {
    if (!IsSameValue(*x->get(i), *y->get(i))) {
      return false;
    }
  }
  return true;
}

void ChangePlace(const toml::table& table, const Place& place, TextEdit& edit) {
  std::string added;
  for (const PlaceKey& key : KeysOf(place)) {
    const toml::node* node = table.get(key.key);
    if (node == nullptr) {
      added += key.is_default ? "" : fmt::format("{} = {}\n", key.key, key.value);
      continue;
    }
    const toml::table wanted = toml::parse(fmt::format("x = {}", key.value));
    if (!IsSameValue(*node, *wanted.get("x"))) {
      edit.Replace(node->source(), key.value);
    }
  }
  if (table.contains("height") && place.units == PlaceUnits::kPixels) {
    const toml::source_region& height = table.get("height")->source();
    edit.RemoveLines(height.begin.line, height.end.line);
  }
  if (!added.empty()) {
    edit.InsertAfter(LastLine(table, false), added);
  }
}

std::string TextOfPlace(const Place& place) {
  std::string text = fmt::format("\n[[camera.{}]]\n", NameOf(place.kind));
  for (const PlaceKey& key : KeysOf(place)) {
    text += key.is_default ? "" : fmt::format("{} = {}\n", key.key, key.value);
  }
  return text;
}

}  // namespace

std::string EntityTag(const std::string& text) {
  // FNV-1a: tells versions of one file apart, no more.
  std::uint64_t hash = 0xCBF29CE484222325ULL;
  for (const char c : text) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3ULL;
  }
  return fmt::format("\"{:016x}\"", hash);
}

std::string EditPlaces(const std::string& text, const std::vector<CameraPlace>& places) {
  const toml::table root = Parse(text);
  TextEdit edit(text);
  std::vector<bool> done(places.size());
  EachTable(root, "camera", [&](const toml::table& camera) {
    const std::string name = TextOf(camera, "name");
    for (const char* kind : kKinds) {
      EachTable(camera, kind, [&](const toml::table& table) {
        const std::string place = TextOf(table, "name");
        for (std::size_t i = 0; i < places.size(); ++i) {
          if (!done[i] && places[i].camera == name && places[i].place.name == place &&
              NameOf(places[i].place.kind) == kind) {
            done[i] = true;
            ChangePlace(table, places[i].place, edit);
            return;
          }
        }
        edit.RemoveLines(table.source().begin.line, LastLine(table, true));
      });
    }
    std::string added;
    for (std::size_t i = 0; i < places.size(); ++i) {
      if (!done[i] && places[i].camera == name) {
        done[i] = true;
        added += TextOfPlace(places[i].place);
      }
    }
    if (!added.empty()) {
      edit.InsertAfter(LastLine(camera, true), added);
    }
  });
  for (std::size_t i = 0; i < places.size(); ++i) {
    if (!done[i]) {
      throw Refused(fmt::format("there is no camera \"{}\"", places[i].camera), places[i].camera,
                    places[i].place.name);
    }
  }
  return edit.Result();
}

std::string EditCamera(const std::string& text, const std::string& camera, const std::string& key,
                       const std::string& value) {
  const toml::table root = Parse(text);
  TextEdit edit(text);
  bool found = false;
  EachTable(root, "camera", [&](const toml::table& table) {
    if (TextOf(table, "name") != camera) {
      return;
    }
    found = true;
    if (const toml::node* node = table.get(key)) {
      edit.Replace(node->source(), value);
    } else {
      edit.InsertAfter(LastLine(table, false), fmt::format("{} = {}\n", key, value));
    }
  });
  if (!found) {
    throw Refused(fmt::format("the configuration file has no camera \"{}\"", camera), camera);
  }
  return edit.Result();
}

std::pair<std::string, std::string> PlaceAtLine(const std::string& text, std::int64_t line) {
  std::pair<std::string, std::string> found;
  const auto holds = [&](const toml::table& table, bool deep) {
    return line >= table.source().begin.line &&
           line <= static_cast<std::int64_t>(LastLine(table, deep));
  };
  try {
    const toml::table root = Parse(text);
    EachTable(root, "camera", [&](const toml::table& camera) {
      if (!holds(camera, true)) {
        return;
      }
      found.first = TextOf(camera, "name");
      for (const char* kind : kKinds) {
        EachTable(camera, kind, [&](const toml::table& place) {
          if (holds(place, true)) {
            found.second = TextOf(place, "name");
          }
        });
      }
    });
  } catch (const Error&) {
    return {};  // what cannot be read belongs to no place
  }
  return found;
}

std::vector<EditProblem> EditProblemsOf(const std::vector<ConfigProblem>& problems,
                                        const std::string& text) {
  std::vector<EditProblem> list;
  for (const ConfigProblem& problem : problems) {
    const auto [camera, place] = PlaceAtLine(text, problem.line);
    list.push_back({problem.message, camera, place, problem.line});
  }
  return list;
}

void ReplaceFile(const fs::path& path, const std::string& text) {
  std::error_code error;
  fs::path real = fs::canonical(path, error);
  if (error) {
    real = path;
  }
  struct stat before = {};
  const bool was_there = stat(real.c_str(), &before) == 0;
  AtomicFile file(real);
  file.Write(text);
  file.Flush();
  if (was_there &&
      (chmod(file.part_path().c_str(), before.st_mode & 07777) != 0 ||
       (chown(file.part_path().c_str(), before.st_uid, before.st_gid) != 0 && geteuid() == 0))) {
    throw Error(fmt::format("cannot give {} the rights it had", real.string()));
  }
  file.Commit();
}

}  // namespace tenjo
