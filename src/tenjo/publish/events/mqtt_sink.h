#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "tenjo/publish/events/event_sink.h"

namespace tenjo {

struct MqttSinkOptions {
  std::string broker;  //!< mqtt://host:1883 or mqtts://host:8883
  std::string site;
  std::string topic = "tenjo";  //!< first part of all topics
  std::string client_id = {};   //!< empty: made of the site
  std::string user = {};
  std::string password = {};
  std::filesystem::path ca = {};    //!< certificates to trust; empty: the system's
  std::filesystem::path cert = {};  //!< client certificate, as AWS IoT Core asks for
  std::filesystem::path key = {};
  bool home_assistant = false;  //!< announce the places' counts to Home Assistant

  friend bool operator==(const MqttSinkOptions&, const MqttSinkOptions&) = default;
};

//! Items as JSON at QoS 1 under TOPIC/SITE/CAMERA/..., the newest state retained, and
//! TOPIC/SITE/status, which the broker sets to "offline" when the program dies (docs/serve.md).
class MqttSink : public EventSink {
 public:
  explicit MqttSink(const MqttSinkOptions& options);
  ~MqttSink() override;
  void Open() override;
  void Deliver(std::span<const Item> items) override;
  void ShowState(const std::map<std::string, std::string>& state) override;
  void Idle() override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tenjo
