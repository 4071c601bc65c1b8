#include "tenjo/synth/set/synth_set_files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <system_error>

#include "tenjo/base/atomic_file.h"
#include "tenjo/base/error.h"
#include "tenjo/synth/set/coco_set.h"

namespace tenjo::synth {
namespace {

namespace fs = std::filesystem;

constexpr const char* kFormat = "tenjo synth set 1";

std::string ShardTag(const SetText& text) {
  const auto shard = text.find("shard");
  if (shard == text.end()) {
    return {};
  }
  SetText only = {{"images", "1"}, {"shard", shard->second}};
  const SetOptions options = ParseSetOptions(only);
  return options.shards == 1 ? "" : fmt::format("-{}-of-{}", options.shard, options.shards);
}

SetText ReadSetText(const fs::path& path) {
  const auto damaged = [&] {
    return Error(fmt::format("{} is no description of a set of tenjo synth: give another folder",
                             path.string()));
  };
  SetText text;
  try {
    const auto json = nlohmann::json::parse(ReadFile(path));
    if (json.at("format") != kFormat) {
      throw damaged();
    }
    for (const auto& [name, value] : json.at("options").items()) {
      text[name] = value.get<std::string>();
    }
  } catch (const nlohmann::json::exception&) {
    throw damaged();
  }
  return text;
}

//! Options of the set that is there, with `given` checked against them.
SetText JoinTexts(const SetText& there, const SetText& given, const fs::path& path) {
  for (const auto& [name, value] : given) {
    const auto same = there.find(name);
    if (same == there.end() || same->second != value) {
      throw Error(fmt::format(
          "--{} {} is not what the set in {} was begun with ({}): give the same, or another folder",
          name, value, path.parent_path().string(),
          same == there.end() ? "it was left out" : same->second));
    }
  }
  return there;
}

}  // namespace

SetFiles::SetFiles(const fs::path& out, const SetText& text, bool resume)
    : out_(out), tag_(ShardTag(text)) {
  std::error_code ignored;
  if (fs::exists(out, ignored) && !fs::is_directory(out, ignored)) {
    throw Error(fmt::format("{} is a file: give a folder for the set", out.string()));
  }
  there_ = fs::exists(set(), ignored);
  if (there_ && !resume) {
    throw Error(fmt::format(
        "{} holds a set already: give another folder, or --resume to go on with it", out.string()));
  }
  options_ = ParseSetOptions(there_ ? JoinTexts(ReadSetText(set()), text, set()) : text);
  if (!there_) {
    CheckOtherShards();
  }
  // Shards are cut between blocks.
  const std::int64_t block = BlockPictures(options_.picture);
  const std::int64_t blocks = (options_.images + block - 1) / block;
  const auto cut = [&](std::int64_t shard) {
    const auto share = static_cast<std::int64_t>(static_cast<long double>(blocks) *
                                                 static_cast<long double>(shard) /
                                                 static_cast<long double>(options_.shards));
    return std::min(share * block, options_.images);
  };
  first_ = cut(options_.shard - 1);
  end_ = cut(options_.shard);
  if (there_) {
    CountDone();
  }
}

SetFiles::~SetFiles() {
  if (file_ >= 0) {
    close(file_);
  }
}

void SetFiles::CheckOtherShards() const {
  std::error_code error;
  bool others = false;
  for (const auto& entry : fs::directory_iterator(out_, error)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with("set") || entry.path().extension() != ".json") {
      continue;
    }
    SetText other = ReadSetText(entry.path());
    SetText mine = options_.text;
    const SetOptions theirs = ParseSetOptions(other);
    other.erase("shard");
    mine.erase("shard");
    if (other != mine || theirs.shards != options_.shards) {
      throw Error(fmt::format("{} holds a set of other options already: give another folder",
                              out_.string()));
    }
    others = true;
  }
  if (!others &&
      (fs::exists(out_ / "images", error) || fs::exists(out_ / "annotations.json", error))) {
    throw Error(fmt::format("{} holds pictures that are no set of tenjo synth: give another folder",
                            out_.string()));
  }
}

void SetFiles::CountDone() {
  std::error_code error;
  if (!fs::exists(lines(), error)) {
    whole_ = fs::exists(annotations(), error);
    done_ = whole_ ? end_ - first_ : 0;
    return;
  }
  std::ifstream in(lines(), std::ios::binary);
  std::string line;
  while (first_ + done_ < end_ && std::getline(in, line) && !in.eof()) {
    const std::string name = PictureFileName(first_ + done_);
    const bool labels_it = line.starts_with(fmt::format(R"({{"image":{{"id":{},"file_name":"{}")",
                                                        first_ + done_ + 1, name)) &&
                           line.ends_with("]}");
    const auto bytes = fs::file_size(ImagePath(name), error);
    if (!labels_it || error || bytes == 0) {
      break;
    }
    ++done_;
    whole_bytes_ += line.size() + 1;
  }
}

void SetFiles::FailWriting() const {
  throw Error(fmt::format("cannot write to {}: {}", lines().string(), std::strerror(errno)));
}

void SetFiles::Begin() {
  if (whole_) {
    return;
  }
  std::error_code error;
  fs::create_directories(out_ / "images", error);
  if (error) {
    throw Error(
        fmt::format("cannot make the folder {}: {}", (out_ / "images").string(), error.message()));
  }
  if (!there_) {
    nlohmann::json json;
    json["format"] = kFormat;
    json["options"] = options_.text;
    WriteFile(set(), json.dump(2) + "\n");
  }
  file_ = open(lines().c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
  if (file_ < 0) {
    FailWriting();
  }
  if (flock(file_, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    throw Error(fmt::format("the set in {} is being written by another tenjo", out_.string()));
  }
  if (ftruncate(file_, static_cast<off_t>(whole_bytes_)) != 0 || lseek(file_, 0, SEEK_END) < 0) {
    FailWriting();
  }
}

void SetFiles::Append(std::string_view line) {
  std::string text(line);
  text += '\n';
  for (std::string_view rest = text; !rest.empty();) {
    const ssize_t written = write(file_, rest.data(), rest.size());
    if (written < 0 && errno != EINTR) {
      FailWriting();
    }
    rest.remove_prefix(static_cast<std::size_t>(std::max<ssize_t>(written, 0)));
  }
  ++done_;
}

void SetFiles::Finish() {
  if (whole_) {
    return;
  }
  WriteCocoFile(lines(), annotations(), "People seen by ceiling cameras, rendered by tenjo synth");
  if (first_ + done_ == end_) {
    std::error_code ignored;
    fs::remove(lines(), ignored);
    whole_ = true;
  }
}

}  // namespace tenjo::synth
