#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tenjo/base/error.h"
#include "tenjo/serve/place_text.h"
#include "tenjo/serve/site_config.h"

namespace tenjo {

//! What is wrong with an edit, and where as far as that is known.
struct EditProblem {
  std::string message;
  std::string camera = {};
  std::string place = {};
  std::int64_t line = 0;  //!< of the configuration file; 0: none
};

//! Nothing was changed.
struct EditRefused : Error {
  EditRefused(const std::string& sentence, std::vector<EditProblem> given)
      : Error(sentence), problems(std::move(given)) {}
  std::vector<EditProblem> problems;
};
//! The configuration is no longer what the edit was made of.
struct EditOutdated : Error {
  using Error::Error;
};
struct NoSuchCamera : Error {
  using Error::Error;
};

//! Changes with the text.
std::string EntityTag(const std::string& text);

//! The configuration's text with these places instead of its own. All else stays as it is:
//! comments, order, and the text of places that do not change. Throws EditRefused for places of
//! unknown cameras and for a file that has its places where they cannot be edited.
std::string EditPlaces(const std::string& text, const std::vector<CameraPlace>& places);

//! The text with `key = value` (as TOML) in the table of one camera.
std::string EditCamera(const std::string& text, const std::string& camera, const std::string& key,
                       const std::string& value);

//! The camera and the place to which a line of the configuration belongs; empty where to none.
std::pair<std::string, std::string> PlaceAtLine(const std::string& text, std::int64_t line);

//! What is wrong with a configuration, as problems of an edit that made it.
std::vector<EditProblem> EditProblemsOf(const std::vector<ConfigProblem>& problems,
                                        const std::string& text);

//! Writes a file anew, all or nothing, with the rights it had; links are followed.
void ReplaceFile(const std::filesystem::path& path, const std::string& text);

}  // namespace tenjo
