#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tenjo {

//! Numbers of a checkpoint: bytes as they lie in memory.
struct CheckpointTensor {
  std::string name;
  std::string type;  //!< "f32", "i64", "u8" ...
  std::vector<std::int64_t> shape;
  std::string bytes;
};

//! All that a training needs to go on as if nothing had happened.
struct Checkpoint {
  std::int64_t step = 0;
  std::string state;  //!< JSON: what is no tensor
  std::vector<CheckpointTensor> tensors;

  //! Throws Error if there is none of this name.
  const CheckpointTensor& Find(const std::string& name) const;
};

//! A checkpoint's bytes as its file holds them, with a checksum at the end.
std::string FormatCheckpoint(const Checkpoint& checkpoint);
//! The same back; `name` stands for the file. Throws Error for bytes that are no checkpoint, cut
//! short or changed.
Checkpoint ParseCheckpoint(std::string_view bytes, const std::string& name);

//! Writes atomically.
void WriteCheckpoint(const Checkpoint& checkpoint, const std::filesystem::path& path);
//! Throws Error as ParseCheckpoint, and for a file that is missing.
Checkpoint ReadCheckpoint(const std::filesystem::path& path);

//! FOLDER/step-N.checkpoint.
std::filesystem::path CheckpointPath(const std::filesystem::path& folder, std::int64_t step);
//! The folder's checkpoints, oldest first; empty without the folder.
std::vector<std::filesystem::path> ListCheckpoints(const std::filesystem::path& folder);
//! Leaves the newest `keep`.
void RemoveOldCheckpoints(const std::filesystem::path& folder, int keep);
//! The newest checkpoint that is whole; damaged ones are said and passed over. Nothing if there is
//! none at all; throws Error if all are damaged.
std::optional<Checkpoint> ReadNewestCheckpoint(const std::filesystem::path& folder);

}  // namespace tenjo
