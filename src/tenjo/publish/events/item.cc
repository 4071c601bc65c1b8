#include "tenjo/publish/events/item.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <array>
#include <chrono>
#include <cmath>
#include <ctime>
#include <mutex>
#include <nlohmann/json.hpp>
#include <random>

namespace tenjo {
namespace {

using nlohmann::ordered_json;

double Rounded(double value, double steps) { return std::round(value * steps) / steps; }
double Milli(double value) { return Rounded(value, 1e3); }

std::string Line(const ordered_json& object) {
  return object.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

ordered_json Head(const std::string& id, const std::string& site, const std::string& camera) {
  ordered_json head;
  head["id"] = id;
  head["site"] = site;
  head["camera"] = camera;
  return head;
}

}  // namespace

std::string MakeId() {
  static std::mutex mutex;
  static std::mt19937_64 random{std::random_device{}()};
  static std::uint64_t last = 0;
  const std::lock_guard lock(mutex);
  const auto now = std::chrono::duration_cast<std::chrono::milliseconds>(
                       std::chrono::system_clock::now().time_since_epoch())
                       .count();
  // 48 bits of milliseconds and 12 bits that count within one, so that ids always rise.
  constexpr int kCountBits = 12;
  last = std::max(static_cast<std::uint64_t>(now) << kCountBits, last + 1);
  const std::uint64_t ms = last >> kCountBits;
  const std::uint64_t count = last & 0xFFF;
  const std::uint64_t low = (random() & 0x3FFFFFFFFFFFFFFFULL) | 0x8000000000000000ULL;
  return fmt::format("{:08x}-{:04x}-7{:03x}-{:04x}-{:012x}", ms >> 16, ms & 0xFFFF, count,
                     low >> 48, low & 0xFFFFFFFFFFFFULL);
}

std::string FormatUtc(double utc_s) {
  const double milliseconds = std::round(utc_s * 1000);
  const auto seconds = static_cast<std::time_t>(std::floor(milliseconds / 1000));
  const auto rest = static_cast<int>(milliseconds - 1000 * static_cast<double>(seconds));
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03d}Z", fmt::gmtime(seconds), rest);
}

Item MakeItem(const std::string& site, Event event) {
  if (event.id.empty()) {
    event.id = MakeId();
  }
  ordered_json j = Head(event.id, site, event.camera);
  j["event"] = NameOf(event.type);
  j["utc"] = FormatUtc(event.utc_s);
  j["time"] = Milli(event.time_s);
  j["frame"] = event.frame;
  j["track"] = event.track;
  if (!event.place.empty()) {
    j["place"] = event.place;
  }
  if (event.at) {
    j["at"] = {Milli(event.at->x), Milli(event.at->y)};
  }
  if (event.seconds) {
    j["seconds"] = Milli(*event.seconds);
  }
  if (event.depth) {
    j["depth"] = Milli(*event.depth);
  }
  if (event.ended) {
    j["ended"] = *event.ended;
  }
  if (event.other_track) {
    j["other_track"] = *event.other_track;
  }
  for (const auto& [name, text] : {std::pair{"direction", &event.direction},
                                   {"hand", &event.hand},
                                   {"reason", &event.reason}}) {
    if (!text->empty()) {
      j[name] = *text;
    }
  }
  Item item;
  item.kind = ItemKind::kEvent;
  item.id = event.id;
  item.camera = event.camera;
  item.word = NameOf(event.type);
  item.json = Line(j);
  return item;
}

Item MakeItem(const std::string& site, const TrackRecord& track) {
  Item item;
  item.kind = ItemKind::kTrack;
  item.id = MakeId();
  item.camera = track.camera;
  ordered_json j = Head(item.id, site, track.camera);
  j["track"] = track.track;
  j["began"] = FormatUtc(track.began_utc_s);
  j["ended"] = FormatUtc(track.ended_utc_s);
  j["walked_m"] = Milli(track.walked_m);
  j["path"] = ordered_json::array();
  for (const Point2& p : track.path) {
    j["path"].push_back({Rounded(p.x, 100), Rounded(p.y, 100)});
  }
  item.json = Line(j);
  return item;
}

Item MakeItem(const std::string& site, const PlaceMinute& minute) {
  Item item;
  item.kind = ItemKind::kOccupancy;
  item.id = MakeId();
  item.camera = minute.camera;
  ordered_json j = Head(item.id, site, minute.camera);
  j["place"] = minute.place;
  j["minute"] = FormatUtc(60.0 * static_cast<double>(minute.minute));
  j["seconds"] = Milli(minute.seconds);
  j["person_seconds"] = Milli(minute.person_seconds);
  j["most"] = minute.most;
  j["entered"] = minute.entered;
  j["left"] = minute.left;
  j["forward"] = minute.forward;
  j["backward"] = minute.backward;
  j["reached"] = minute.reached;
  item.json = Line(j);
  return item;
}

Item MakeItem(const std::string& site, const std::string& camera, double utc_s,
              const FloorHeat& heat) {
  Item item;
  item.kind = ItemKind::kHeat;
  item.id = MakeId();
  item.camera = camera;
  ordered_json j = Head(item.id, site, camera);
  j["utc"] = FormatUtc(utc_s);
  j["cell_m"] = heat.cell_m();
  j["cells"] = ordered_json::array();
  for (const auto& [cell, seconds] : heat.cells()) {
    j["cells"].push_back({cell.first, cell.second, Milli(seconds)});
  }
  item.json = Line(j);
  return item;
}

std::string_view NameOf(ItemKind kind) {
  constexpr std::array<std::string_view, 4> kNames = {"event", "track", "occupancy", "heat"};
  return kNames[static_cast<std::size_t>(kind)];
}

}  // namespace tenjo
