#include "tenjo/serve/status.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <nlohmann/json.hpp>

namespace tenjo {
namespace {

using nlohmann::ordered_json;

double Milli(double value) { return std::round(value * 1e3) / 1e3; }

ordered_json PlacesToJson(const CameraStatus& camera) {
  ordered_json places = ordered_json::object();
  for (const PlaceNow& place : camera.places) {
    ordered_json one;
    if (place.kind == PlaceKind::kLine) {
      one["forward"] = place.forward;
      one["backward"] = place.backward;
    } else {
      one["inside"] = place.inside.size();
    }
    if (place.kind == PlaceKind::kZone) {
      one["entered"] = place.entered;
      one["left"] = place.left;
    }
    if (place.kind == PlaceKind::kShelf) {
      one["reached"] = place.reached;
    }
    places[place.name] = one;
  }
  return places;
}

ordered_json CameraToJson(const CameraStatus& camera) {
  ordered_json j;
  j["name"] = camera.name;
  j["online"] = camera.online;
  j["problem"] = camera.problem.empty() ? ordered_json() : ordered_json(camera.problem);
  j["fps"] = Milli(camera.fps);
  j["frames"] = camera.frames;
  j["dropped"] = camera.dropped;
  j["skipped"] = camera.skipped;
  j["reconnects"] = camera.reconnects;
  j["events"] = camera.events;
  j["latency_p50"] = Milli(camera.latency_p50_s);
  j["latency_p95"] = Milli(camera.latency_p95_s);
  j["width"] = camera.width;
  j["height"] = camera.height;
  j["calibrated"] = camera.calibrated;
  j["picture"] = camera.picture;
  j["anonymized"] = camera.anonymized;
  j["people"] = camera.people;
  j["places"] = PlacesToJson(camera);
  return j;
}

std::string Dump(const ordered_json& j) {
  return j.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

std::string Label(const std::string& text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '\\' || c == '"') {
      escaped += '\\';
    }
    escaped += c == '\n' ? ' ' : c;
  }
  return escaped;
}

class PrometheusText {
 public:
  void Head(const char* name, const char* type, const char* help) {
    text_ += fmt::format("# HELP tenjo_{} {}\n# TYPE tenjo_{} {}\n", name, help, name, type);
    name_ = name;
  }
  void Value(const std::string& labels, double value) {
    text_ += labels.empty() ? fmt::format("tenjo_{} {}\n", name_, value)
                            : fmt::format("tenjo_{}{{{}}} {}\n", name_, labels, value);
  }
  template <typename List, typename Of>
  void Each(const char* name, const char* type, const char* help, const char* label,
            const List& list, const Of& of) {
    Head(name, type, help);
    for (const auto& one : list) {
      Value(fmt::format("{}=\"{}\"", label, Label(one.name)), of(one));
    }
  }
  std::string Take() { return std::move(text_); }

 private:
  std::string text_;
  std::string name_;
};

void AddCameras(PrometheusText& text, const std::vector<CameraStatus>& cameras) {
  const auto each = [&](const char* name, const char* type, const char* help, auto of) {
    text.Each(name, type, help, "camera", cameras,
              [&](const CameraStatus& c) { return static_cast<double>(of(c)); });
  };
  using C = CameraStatus;
  each("camera_online", "gauge", "1 while pictures come", [](const C& c) { return c.online; });
  each("camera_fps", "gauge", "Frames looked at a second", [](const C& c) { return c.fps; });
  each("camera_frames_total", "counter", "Frames looked at", [](const C& c) { return c.frames; });
  each("camera_dropped_frames_total", "counter", "Frames that came while the machine was behind",
       [](const C& c) { return c.dropped; });
  each("camera_skipped_frames_total", "counter", "Frames beyond the camera's own limit",
       [](const C& c) { return c.skipped; });
  each("camera_reconnects_total", "counter", "Times the camera was opened again",
       [](const C& c) { return c.reconnects; });
  each("camera_events_total", "counter", "Events", [](const C& c) { return c.events; });
  each("camera_people", "gauge", "People seen", [](const C& c) { return c.people; });
  text.Head("camera_latency_seconds", "gauge", "From a frame's arrival to its events on disk");
  for (const C& c : cameras) {
    text.Value(fmt::format("camera=\"{}\",quantile=\"0.5\"", Label(c.name)), c.latency_p50_s);
    text.Value(fmt::format("camera=\"{}\",quantile=\"0.95\"", Label(c.name)), c.latency_p95_s);
  }
}

void AddPlaces(PrometheusText& text, const std::vector<CameraStatus>& cameras) {
  const auto each = [&](const char* name, const char* type, const char* help,
                        const std::function<double(const PlaceNow&)>& of, const char* direction,
                        const std::function<bool(PlaceKind)>& has) {
    if (name != nullptr) {
      text.Head(name, type, help);
    }
    for (const CameraStatus& camera : cameras) {
      for (const PlaceNow& place : camera.places) {
        if (has(place.kind)) {
          text.Value(fmt::format("camera=\"{}\",place=\"{}\"{}", Label(camera.name),
                                 Label(place.name), direction),
                     of(place));
        }
      }
    }
  };
  const auto line = [](PlaceKind kind) { return kind == PlaceKind::kLine; };
  const auto zone = [](PlaceKind kind) { return kind == PlaceKind::kZone; };
  const auto shelf = [](PlaceKind kind) { return kind == PlaceKind::kShelf; };
  const auto area = [](PlaceKind kind) { return kind != PlaceKind::kLine; };
  using P = PlaceNow;
  each(
      "place_inside", "gauge", "People inside; at a shelf those with a hand in it",
      [](const P& p) { return static_cast<double>(p.inside.size()); }, "", area);
  each(
      "place_entered_total", "counter", "Visits begun",
      [](const P& p) { return static_cast<double>(p.entered); }, "", zone);
  each(
      "place_left_total", "counter", "Visits ended",
      [](const P& p) { return static_cast<double>(p.left); }, "", zone);
  each(
      "place_reached_total", "counter", "Reaches",
      [](const P& p) { return static_cast<double>(p.reached); }, "", shelf);
  each(
      "line_crossed_total", "counter", "Crossings",
      [](const P& p) { return static_cast<double>(p.forward); }, ",direction=\"forward\"", line);
  each(
      nullptr, nullptr, nullptr, [](const P& p) { return static_cast<double>(p.backward); },
      ",direction=\"backward\"", line);
}

void AddSinks(PrometheusText& text, const std::vector<SinkHealth>& sinks) {
  const auto each = [&](const char* name, const char* type, const char* help, auto of) {
    text.Each(name, type, help, "sink", sinks,
              [&](const SinkHealth& s) { return static_cast<double>(of(s)); });
  };
  using S = SinkHealth;
  each("sink_ok", "gauge", "1 while deliveries go well", [](const S& s) { return s.ok; });
  each("sink_waiting", "gauge", "Items in the outbox", [](const S& s) { return s.waiting; });
  each("sink_delivered_total", "counter", "Items delivered",
       [](const S& s) { return s.delivered; });
  each("sink_failures_total", "counter", "Failed attempts", [](const S& s) { return s.failures; });
  each("sink_lost_total", "counter", "Items dropped from a full outbox",
       [](const S& s) { return s.lost; });
}

}  // namespace

bool ServiceStatus::healthy() const {
  return ready && outbox_problem.empty() &&
         std::all_of(cameras.begin(), cameras.end(),
                     [](const CameraStatus& c) { return c.online; }) &&
         std::all_of(sinks.begin(), sinks.end(), [](const SinkHealth& s) { return s.ok; });
}

std::string CameraStateToJson(const CameraStatus& camera) {
  ordered_json j;
  j["online"] = camera.online;
  j["people"] = camera.people;
  j["places"] = PlacesToJson(camera);
  return Dump(j);
}

std::string StatusToJson(const ServiceStatus& status) {
  const auto or_null = [](const std::string& text) {
    return text.empty() ? ordered_json() : ordered_json(text);
  };
  ordered_json j;
  j["site"] = status.site;
  j["version"] = status.version;
  j["healthy"] = status.healthy();
  j["uptime"] = Milli(status.uptime_s);
  j["ready"] = status.ready;
  j["backend"] = status.backend;
  j["config_problem"] = or_null(status.config_problem);
  j["outbox_problem"] = or_null(status.outbox_problem);
  j["waiting_in_memory"] = status.waiting_in_memory;
  j["stages"] = {{"prepare", Milli(status.stages.prepare)},
                 {"infer", Milli(status.stages.infer)},
                 {"decode", Milli(status.stages.decode)},
                 {"analyze", Milli(status.stages.analyze)},
                 {"publish", Milli(status.stages.publish)}};
  j["cameras"] = ordered_json::array();
  for (const CameraStatus& camera : status.cameras) {
    j["cameras"].push_back(CameraToJson(camera));
  }
  j["sinks"] = ordered_json::array();
  for (const SinkHealth& sink : status.sinks) {
    j["sinks"].push_back({{"name", sink.name},
                          {"ok", sink.ok},
                          {"problem", or_null(sink.problem)},
                          {"waiting", sink.waiting},
                          {"delivered", sink.delivered},
                          {"failures", sink.failures},
                          {"lost", sink.lost}});
  }
  return Dump(j);
}

std::string StatusToPrometheus(const ServiceStatus& status) {
  PrometheusText text;
  text.Head("uptime_seconds", "gauge", "Since the start");
  text.Value("", status.uptime_s);
  text.Head("ready", "gauge", "1 once the network is compiled");
  text.Value("", status.ready ? 1 : 0);
  text.Head("healthy", "gauge", "1 while all cameras, sinks and the outbox are well");
  text.Value("", status.healthy() ? 1 : 0);
  text.Head("config_ok", "gauge", "0 after a refused reload");
  text.Value("", status.config_problem.empty() ? 1 : 0);
  text.Head("outbox_ok", "gauge", "1 while events can be written to disk");
  text.Value("", status.outbox_problem.empty() ? 1 : 0);
  text.Head("outbox_waiting_in_memory", "gauge", "Items that could not be written to disk yet");
  text.Value("", static_cast<double>(status.waiting_in_memory));
  text.Head("stage_seconds_total", "counter", "Work by stage");
  text.Value("stage=\"prepare\"", status.stages.prepare);
  text.Value("stage=\"infer\"", status.stages.infer);
  text.Value("stage=\"decode\"", status.stages.decode);
  text.Value("stage=\"analyze\"", status.stages.analyze);
  text.Value("stage=\"publish\"", status.stages.publish);
  AddCameras(text, status.cameras);
  AddPlaces(text, status.cameras);
  AddSinks(text, status.sinks);
  return text.Take();
}

}  // namespace tenjo
