#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "tenjo/synth/set/synth_set.h"

namespace tenjo::synth {

//! The files of a set on disk. Label lines are kept in labels.part.jsonl in the order of the
//! pictures until the set is whole, so that one cut short anywhere can go on.
class SetFiles {
 public:
  //! Opens or begins the set. With `resume` the options that `text` leaves out are taken from
  //! set.json; the ones it gives must be the same. Throws Error if there is a set already and
  //! `resume` is false, if it is of other options, or if another program is writing it.
  SetFiles(const std::filesystem::path& out, const SetText& text, bool resume);
  ~SetFiles();
  SetFiles(const SetFiles&) = delete;
  SetFiles& operator=(const SetFiles&) = delete;

  const SetOptions& options() const { return options_; }
  //! Pictures of this shard: [first, end), from 0.
  std::int64_t first() const { return first_; }
  std::int64_t end() const { return end_; }
  //! Pictures of this shard that are labelled.
  std::int64_t done() const { return done_; }

  //! Makes folders and set.json, and cuts off what was half written.
  void Begin();
  std::filesystem::path ImagePath(const std::string& name) const { return out_ / "images" / name; }
  //! The label line of the next picture, whose image is on the disk.
  void Append(std::string_view line);
  //! Makes annotations.json of what there is; a whole set needs its label lines no more.
  void Finish();

  std::filesystem::path annotations() const { return out_ / ("annotations" + tag_ + ".json"); }

 private:
  std::filesystem::path lines() const { return out_ / ("labels" + tag_ + ".part.jsonl"); }
  std::filesystem::path set() const { return out_ / ("set" + tag_ + ".json"); }
  void CheckOtherShards() const;
  void CountDone();
  [[noreturn]] void FailWriting() const;

  std::filesystem::path out_;
  std::string tag_;  // "", or "-2-of-8" of a shard
  SetOptions options_;
  std::int64_t first_ = 0;
  std::int64_t end_ = 0;
  std::int64_t done_ = 0;
  std::uintmax_t whole_bytes_ = 0;  // of the label lines
  bool there_ = false;
  bool whole_ = false;
  int file_ = -1;
};

}  // namespace tenjo::synth
