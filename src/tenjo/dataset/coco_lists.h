#pragma once

#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string_view>

// Internal to this room.
namespace tenjo {

//! Reads COCO's JSON and hands over each image and each annotation as it comes; they are thrown
//! away at once, so that a set of any size takes the memory of one of them. Returns the rest of the
//! file. Throws nlohmann's exceptions.
nlohmann::json ReadCocoLists(std::string_view text,
                             const std::function<void(const nlohmann::json&)>& take_image,
                             const std::function<void(const nlohmann::json&)>& take_annotation);

}  // namespace tenjo
