#pragma once

#include <cstdint>
#include <filesystem>

namespace tenjo {

//! What the outermost structure of a video file says about the file being whole.
struct ContainerState {
  bool cut = false;                //!< the file is shorter than its own headers say
  std::int64_t garbage_bytes = 0;  //!< at the end, outside the structure
  bool exact_count = false;        //!< the frame count in the header is one of frames, not a guess
  bool lacks_index = false;        //!< an .mp4 or .mov without moov box
};

//! Looks at MP4/MOV (ISO 14496-12 boxes), Matroska/WebM (EBML), AVI (RIFF) and MPEG-TS; of other
//! files, and of files that cannot be read, it says nothing.
ContainerState CheckContainer(const std::filesystem::path& path);

}  // namespace tenjo
