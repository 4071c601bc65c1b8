#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tenjo/analyze/analyzer.h"
#include "tenjo/publish/events/deliverer.h"

namespace tenjo {

//! How one camera is.
struct CameraStatus {
  std::string name;
  bool online = false;       //!< pictures came lately
  std::string problem;       //!< a sentence while there are none
  double fps = 0;            //!< looked at, over the last seconds
  std::int64_t frames = 0;   //!< looked at since the start
  std::int64_t dropped = 0;  //!< that came while the machine was behind
  std::int64_t skipped = 0;  //!< left out by the camera's own limit
  std::int64_t reconnects = 0;
  std::int64_t events = 0;
  int people = 0;
  double latency_p50_s = 0;  //!< from a frame's arrival to its events on disk
  double latency_p95_s = 0;
  int width = 0;
  int height = 0;
  bool calibrated = false;
  bool picture = false;     //!< whether pictures may be asked for
  bool anonymized = false;  //!< whether people in them are blurred
  std::vector<PlaceNow> places;
};

//! Seconds of work since the start, by stage.
struct StageSeconds {
  double prepare = 0;
  double infer = 0;  //!< from start to result
  double decode = 0;
  double analyze = 0;  //!< tracker and places
  double publish = 0;
};

//! How the service is. A copy that nobody changes.
struct ServiceStatus {
  std::string site;
  std::string version;
  double uptime_s = 0;
  bool ready = false;                  //!< the network is compiled: frames are looked at
  std::string backend;                 //!< empty before
  std::string config_problem;          //!< why the last reload was refused; empty: it was not
  std::string outbox_problem;          //!< why events cannot be written to disk at the moment
  std::int64_t waiting_in_memory = 0;  //!< events that are not on disk for that reason
  StageSeconds stages;
  std::vector<CameraStatus> cameras;
  std::vector<SinkHealth> sinks;
  bool healthy() const;
};

//! JSON of /api/v1/state.
std::string StatusToJson(const ServiceStatus& status);
//! JSON of one camera's people and places, as MQTT's state topic has it.
std::string CameraStateToJson(const CameraStatus& camera);
//! Prometheus' text format, version 0.0.4.
std::string StatusToPrometheus(const ServiceStatus& status);

}  // namespace tenjo
