#include "tenjo/dataset/coco_lists.h"

#include <nlohmann/json.hpp>
#include <string>

namespace tenjo {

nlohmann::json ReadCocoLists(std::string_view text,
                             const std::function<void(const nlohmann::json&)>& take_image,
                             const std::function<void(const nlohmann::json&)>& take_annotation) {
  using Json = nlohmann::json;
  std::string list;
  const auto callback = [&](int depth, Json::parse_event_t event, Json& parsed) {
    if (event == Json::parse_event_t::key && depth == 1) {
      list = parsed.get<std::string>();
    }
    if (event == Json::parse_event_t::object_end && depth == 2) {
      if (list == "images") {
        take_image(parsed);
        return false;
      }
      if (list == "annotations") {
        take_annotation(parsed);
        return false;
      }
    }
    return true;
  };
  return Json::parse(text.begin(), text.end(), callback);
}

}  // namespace tenjo
