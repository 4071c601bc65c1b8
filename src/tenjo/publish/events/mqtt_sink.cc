#include "tenjo/publish/events/mqtt_sink.h"

#include <fmt/format.h>
#include <mqtt/async_client.h>

#include <chrono>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <vector>

#include "tenjo/base/error.h"

namespace tenjo {
namespace {

using nlohmann::json;
using std::chrono::seconds;

constexpr seconds kConnect{5};
constexpr seconds kDeliver{10};
constexpr seconds kKeepAlive{15};
constexpr int kQos = 1;

// Home Assistant's object ids know letters, digits, - and _ only.
std::string ObjectId(const std::string& name) {
  std::string id;
  for (const char c : name) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '_';
    id += plain ? std::string(1, c) : fmt::format("_{:02x}", static_cast<unsigned char>(c));
  }
  return id;
}

}  // namespace

struct MqttSink::Impl {
  std::string Topic(const std::string& rest) const {
    return fmt::format("{}/{}/{}", options.topic, options.site, rest);
  }

  [[noreturn]] void Fail(const std::string& reason) {
    client.reset();
    throw Error(fmt::format("MQTT broker {}: {}", options.broker, reason));
  }

  mqtt::connect_options ConnectOptions() const;
  std::string ServerUri() const;
  mqtt::delivery_token_ptr Publish(const std::string& topic, const std::string& text,
                                   bool retained) {
    return client->publish(topic, text.data(), text.size(), kQos, retained);
  }
  void WaitFor(const std::vector<mqtt::delivery_token_ptr>& tokens) {
    const auto deadline = std::chrono::steady_clock::now() + kDeliver;
    for (const auto& token : tokens) {
      if (!token->wait_until(deadline)) {
        Fail("it does not acknowledge");
      }
    }
  }
  //! Topics of sensors of one camera, and what they say of themselves.
  std::map<std::string, std::string> Sensors(const std::string& camera, const json& state) const;

  MqttSinkOptions options;
  std::unique_ptr<mqtt::async_client> client;
  bool fresh = true;           //!< the broker may know nothing of it
  std::set<std::string> kept;  //!< topics of sensors and states that the broker keeps
};

std::string MqttSink::Impl::ServerUri() const {
  const auto scheme = options.broker.find("://");
  const std::string address =
      scheme == std::string::npos ? options.broker : options.broker.substr(scheme + 3);
  const bool tls = options.broker.rfind("mqtts://", 0) == 0;
  return (tls ? "ssl://" : "tcp://") + address;
}

mqtt::connect_options MqttSink::Impl::ConnectOptions() const {
  mqtt::connect_options connect;
  // What was not acknowledged waits in the outbox: a session at the broker would only make doubles.
  connect.set_clean_session(true);
  connect.set_automatic_reconnect(false);
  connect.set_keep_alive_interval(kKeepAlive);
  connect.set_connect_timeout(kConnect);
  constexpr int kInFlight = 200;
  connect.set_max_inflight(kInFlight);
  connect.set_will(mqtt::message(Topic("status"), "offline", kQos, true));
  if (!options.user.empty()) {
    connect.set_user_name(options.user);
    connect.set_password(options.password);
  }
  if (options.broker.rfind("mqtts://", 0) == 0) {
    mqtt::ssl_options tls;
    tls.set_trust_store(options.ca.empty() ? "/etc/ssl/certs/ca-certificates.crt"
                                           : options.ca.string());
    if (!options.cert.empty()) {
      tls.set_key_store(options.cert.string());
      tls.set_private_key(options.key.string());
    }
    tls.set_enable_server_cert_auth(true);
    tls.set_verify(true);
    connect.set_ssl(tls);
  }
  return connect;
}

// One sensor for each count of each place, as Home Assistant's MQTT discovery asks for.
std::map<std::string, std::string> MqttSink::Impl::Sensors(const std::string& camera,
                                                           const json& state) const {
  std::map<std::string, std::string> sensors;
  for (const auto& [place, counts] : state.at("places").items()) {
    for (const auto& [count, number] : counts.items()) {
      if (!number.is_number()) {
        continue;
      }
      const std::string id = ObjectId(
          fmt::format("{}_{}_{}_{}_{}", options.topic, options.site, camera, place, count));
      const json path = place;  // quoted as Jinja wants it, too
      const json sensor = {
          {"name", fmt::format("{} {} {}", camera, place, count)},
          {"unique_id", id},
          {"object_id", id},
          {"state_topic", Topic(camera + "/state")},
          {"value_template", fmt::format("{{{{ value_json.places[{}].{} }}}}", path.dump(), count)},
          {"state_class", count == "inside" ? "measurement" : "total_increasing"},
          {"availability_topic", Topic("status")},
          {"device",
           {{"identifiers", {ObjectId(options.topic + "_" + options.site)}},
            {"name", "Tenjo " + options.site},
            {"manufacturer", "Tenjo"}}}};
      sensors[fmt::format("homeassistant/sensor/{}/config", id)] = sensor.dump();
    }
  }
  return sensors;
}

MqttSink::MqttSink(const MqttSinkOptions& options) : impl_(std::make_unique<Impl>()) {
  impl_->options = options;
}

MqttSink::~MqttSink() {
  if (impl_->client == nullptr) {
    return;
  }
  try {
    impl_->Publish(impl_->Topic("status"), "offline", true)->wait_for(kConnect);
    impl_->client->disconnect()->wait_for(kConnect);
  } catch (const mqtt::exception&) {
    // The broker says so itself: it has the last will.
    impl_->client.reset();
  }
}

void MqttSink::Open() {
  impl_->client.reset();
  impl_->fresh = true;
  const MqttSinkOptions& options = impl_->options;
  try {
    impl_->client = std::make_unique<mqtt::async_client>(
        impl_->ServerUri(),
        options.client_id.empty() ? "tenjo-" + options.site : options.client_id);
    if (!impl_->client->connect(impl_->ConnectOptions())->wait_for(2 * kConnect)) {
      impl_->Fail("it does not answer");
    }
    impl_->WaitFor({impl_->Publish(impl_->Topic("status"), "online", true)});
  } catch (const mqtt::exception& error) {
    impl_->Fail(error.to_string());
  }
}

void MqttSink::Deliver(std::span<const Item> items) {
  TENJO_CHECK(impl_->client != nullptr);
  try {
    std::vector<mqtt::delivery_token_ptr> tokens;
    for (const Item& item : items) {
      const std::string what =
          item.kind == ItemKind::kEvent ? "event/" + item.word : std::string(NameOf(item.kind));
      tokens.push_back(impl_->Publish(impl_->Topic(item.camera + "/" + what), item.json, false));
    }
    impl_->WaitFor(tokens);
  } catch (const mqtt::exception& error) {
    impl_->Fail(error.to_string());
  }
}

void MqttSink::ShowState(const std::map<std::string, std::string>& state) {
  TENJO_CHECK(impl_->client != nullptr);
  try {
    std::vector<mqtt::delivery_token_ptr> tokens;
    std::set<std::string> now;
    for (const auto& [camera, text] : state) {
      if (impl_->options.home_assistant) {
        for (const auto& [topic, sensor] : impl_->Sensors(camera, json::parse(text))) {
          now.insert(topic);
          if (impl_->fresh || !impl_->kept.contains(topic)) {
            tokens.push_back(impl_->Publish(topic, sensor, true));
          }
        }
      }
      now.insert(impl_->Topic(camera + "/state"));
      tokens.push_back(impl_->Publish(impl_->Topic(camera + "/state"), text, true));
    }
    // An empty message takes back what the broker keeps of cameras and places that are gone.
    for (const std::string& topic : impl_->kept) {
      if (!now.contains(topic)) {
        tokens.push_back(impl_->Publish(topic, "", true));
      }
    }
    impl_->WaitFor(tokens);
    impl_->kept = std::move(now);
    impl_->fresh = false;
  } catch (const mqtt::exception& error) {
    impl_->Fail(error.to_string());
  }
}

void MqttSink::Idle() {
  if (impl_->client != nullptr && !impl_->client->is_connected()) {
    impl_->Fail("the connection broke off");
  }
}

}  // namespace tenjo
