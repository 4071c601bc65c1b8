#pragma once

#include <optional>
#include <string_view>

namespace tenjo {

//! One file of the page that is embedded in the program.
struct PageFile {
  std::string_view bytes;
  std::string_view type;   //!< Content-Type
  bool gzip = false;       //!< the bytes are compressed
  bool immutable = false;  //!< its name changes with what it holds, so it may be kept for ever
  std::string_view etag;   //!< without quotes; changes with what it holds
};

//! The file at an address as "/" or "/assets/main-4f2a.js". Made by the build of the folder
//! TENJO_PAGE_DIR; without that folder there is none.
std::optional<PageFile> FindPageFile(std::string_view path);

}  // namespace tenjo
