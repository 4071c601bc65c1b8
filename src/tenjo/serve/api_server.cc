#include "tenjo/serve/api_server.h"

#include <fmt/format.h>
#include <httplib.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <thread>
#include <utility>

#include "tenjo/base/error.h"
#include "tenjo/publish/events/sqlite.h"
#include "tenjo/serve/event_query.h"

namespace tenjo {
namespace {

//! Right, but too early.
struct NotYet : Error {
  using Error::Error;
};

using nlohmann::ordered_json;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kLargestBody = 64 << 10;
constexpr int kTimeout_s = 5;
constexpr int kMostStreams = 8;
constexpr std::size_t kThreads = kMostStreams + 8;
constexpr auto kStreamPatience = std::chrono::seconds(1);
constexpr int kPingEvery = 15;  // patiences

//! So many requests a second from one address, after a first burst.
class RateLimit {
 public:
  bool Allows(const std::string& address, double cost) {
    const std::lock_guard lock(mutex_);
    constexpr std::size_t kMostAddresses = 4096;
    if (buckets_.size() > kMostAddresses) {
      buckets_.clear();
    }
    const auto now = Clock::now();
    Bucket& bucket = buckets_.try_emplace(address, Bucket{kBurst, now}).first->second;
    const double passed_s = std::chrono::duration<double>(now - bucket.time).count();
    bucket.left = std::min(kBurst, bucket.left + kRate * passed_s);
    bucket.time = now;
    if (bucket.left <= 0) {
      return false;
    }
    bucket.left -= cost;
    return true;
  }

 private:
  static constexpr double kRate = 50;
  static constexpr double kBurst = 200;
  struct Bucket {
    double left = 0;
    Clock::time_point time;
  };
  std::mutex mutex_;
  std::map<std::string, Bucket> buckets_;
};

bool IsSame(const std::string& a, const std::string& b) {
  // As long for any wrong token, so that its beginning cannot be found out by time.
  unsigned difference = static_cast<unsigned>(a.size() ^ b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    difference |= static_cast<unsigned char>(a[i]) ^
                  static_cast<unsigned char>(b.empty() ? '\0' : b[i % b.size()]);
  }
  return difference == 0;
}

bool IsLocalName(std::string host) {
  if (const auto end = host.rfind("]:"); end != std::string::npos) {
    host.resize(end + 1);
  } else if (host.find(']') == std::string::npos) {
    host = host.substr(0, host.find(':'));
  }
  return host == "localhost" || host == "127.0.0.1" || host == "[::1]";
}

void SendJson(httplib::Response& response, const std::string& json) {
  response.set_content(json, "application/json");
}

void SendError(httplib::Response& response, int status, const std::string& sentence) {
  response.status = status;
  SendJson(response, ordered_json{{"error", sentence}}.dump(
                         -1, ' ', false, ordered_json::error_handler_t::replace));
}

Parameters ParametersOf(const httplib::Request& request) {
  return [&request](const std::string& name) -> std::optional<std::string> {
    if (!request.has_param(name)) {
      return std::nullopt;
    }
    return request.get_param_value(name);
  };
}

void CheckParameters(const httplib::Request& request, std::initializer_list<const char*> known) {
  for (const auto& parameter : request.params) {
    const std::string& name = parameter.first;
    if (std::none_of(known.begin(), known.end(), [&](const char* k) { return name == k; })) {
      throw Error(fmt::format("there is no parameter \"{}\"", name.substr(0, 40)));
    }
  }
}

std::string PlacesToJson(const SiteConfig& config) {
  ordered_json list = ordered_json::array();
  for (const CameraConfig& camera : config.cameras) {
    for (const Place& place : camera.places) {
      ordered_json one = {{"camera", camera.name},
                          {"name", place.name},
                          {"kind", NameOf(place.kind)},
                          {"units", place.units == PlaceUnits::kMetres ? "metres" : "pixels"},
                          {"points", ordered_json::array()}};
      for (const Point2& p : place.points) {
        one["points"].push_back({p.x, p.y});
      }
      if (place.kind != PlaceKind::kShelf) {
        one["point"] = NameOf(place.point);
      }
      if (place.kind == PlaceKind::kLine) {
        one["directions"] = place.directions;
      }
      if (place.kind == PlaceKind::kShelf && place.units == PlaceUnits::kMetres) {
        one["height"] = {place.low_m, place.high_m};
      }
      list.push_back(std::move(one));
    }
  }
  return list.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

}  // namespace

struct ApiServer::Impl {
  Impl(const HttpConfig& given, ApiSource given_source)
      : config(given), source(std::move(given_source)) {}

  void Bound();
  void Route();
  void RouteData();
  bool Refuse(const httplib::Request& request, httplib::Response& response);
  void Stream(httplib::Response& response);
  std::filesystem::path Database() const {
    const SiteConfig site = source.config();
    if (!site.sqlite) {
      throw Error("history needs the database: set [sink.sqlite]");
    }
    if (SqliteFile(site.sqlite->path).version() == 0) {
      throw NotYet("the database is being made: ask again");
    }
    return site.sqlite->path;
  }

  HttpConfig config;
  ApiSource source;
  RateLimit limit;
  std::unique_ptr<httplib::Server> server;
  std::atomic<bool> stop{false};
  std::atomic<int> streams{0};
  int port = 0;
  std::thread thread;
};

void ApiServer::Impl::Bound() {
  server->new_task_queue = [] { return new httplib::ThreadPool(kThreads); };
  server->set_payload_max_length(kLargestBody);
  server->set_read_timeout(kTimeout_s);
  server->set_write_timeout(kTimeout_s);
  server->set_keep_alive_timeout(kTimeout_s);
  server->set_default_headers({{"X-Content-Type-Options", "nosniff"},
                               {"Cache-Control", "no-store"},
                               {"Referrer-Policy", "no-referrer"},
                               {"Content-Security-Policy", "default-src 'none'"}});
  server->set_exception_handler(
      [](const httplib::Request&, httplib::Response& response, std::exception_ptr problem) {
        try {
          std::rethrow_exception(std::move(problem));
        } catch (const NotYet& error) {
          SendError(response, 503, error.what());
        } catch (const Error& error) {
          SendError(response, 400, error.what());
        } catch (const std::exception& error) {
          SendError(response, 500, error.what());
        }
      });
  const httplib::Server::Handler explain = [](const httplib::Request&,
                                              httplib::Response& response) {
    if (response.body.empty()) {
      SendError(response, response.status,
                response.status == 404 ? "there is nothing at this address"
                                       : "the request cannot be answered");
    }
  };
  server->set_error_handler(explain);
  server->set_pre_routing_handler(
      [this](const httplib::Request& request, httplib::Response& response) {
        return Refuse(request, response) ? httplib::Server::HandlerResponse::Handled
                                         : httplib::Server::HandlerResponse::Unhandled;
      });
}

bool ApiServer::Impl::Refuse(const httplib::Request& request, httplib::Response& response) {
  if (!limit.Allows(request.remote_addr, 1)) {
    SendError(response, 429, "too many requests");
    return true;
  }
  if (request.method != "GET" && request.method != "HEAD") {
    response.set_header("Allow", "GET, HEAD");
    SendError(response, 405, "this address only reads");
    return true;
  }
  if (config.token.empty()) {
    if (!IsLocalName(request.get_header_value("Host"))) {
      SendError(response, 403, "without a token only localhost is answered");
      return true;
    }
    return false;
  }
  if (request.path == "/healthz") {
    return false;
  }
  const std::string given = request.get_header_value("Authorization");
  const std::string scheme = "Bearer ";
  if (given.rfind(scheme, 0) == 0 && IsSame(given.substr(scheme.size()), config.token)) {
    return false;
  }
  constexpr double kWrongToken = 20;  // guesses are slowed down
  limit.Allows(request.remote_addr, kWrongToken);
  response.set_header("WWW-Authenticate", "Bearer");
  SendError(response, 401, "the header Authorization: Bearer TOKEN is missing or wrong");
  return true;
}

void ApiServer::Impl::Route() {
  using httplib::Request;
  using httplib::Response;
  server->Get("/healthz", [this](const Request&, Response& response) {
    const ServiceStatus status = source.status();
    response.status = status.healthy() ? 200 : 503;
    SendJson(response, ordered_json{{"healthy", status.healthy()}}.dump());
  });
  server->Get("/metrics", [this](const Request&, Response& response) {
    response.set_content(StatusToPrometheus(source.status()), "text/plain; version=0.0.4");
  });
  server->Get("/api/v1/state", [this](const Request&, Response& response) {
    SendJson(response, StatusToJson(source.status()));
  });
  server->Get("/api/v1/cameras", [this](const Request&, Response& response) {
    SendJson(response, ordered_json::parse(StatusToJson(source.status())).at("cameras").dump());
  });
  server->Get("/api/v1/places", [this](const Request&, Response& response) {
    SendJson(response, PlacesToJson(source.config()));
  });
  server->Get("/api/v1/stream", [this](const Request&, Response& response) { Stream(response); });
  RouteData();
}

void ApiServer::Impl::RouteData() {
  using httplib::Request;
  using httplib::Response;
  server->Get("/api/v1/events", [this](const Request& request, Response& response) {
    CheckParameters(request, {"camera", "place", "event", "track", "since", "until", "after",
                              "limit", "format", "order"});
    const std::string format =
        request.has_param("format") ? request.get_param_value("format") : "json";
    if (format == "csv") {
      response.set_header("Content-Disposition", "attachment; filename=events.csv");
      response.set_content(EventsAsCsv(Database(), ParametersOf(request)),
                           "text/csv; charset=utf-8");
    } else if (format == "json") {
      SendJson(response, EventsAsJson(Database(), ParametersOf(request)));
    } else {
      throw Error("format must be json or csv");
    }
  });
  server->Get("/api/v1/occupancy", [this](const Request& request, Response& response) {
    CheckParameters(request, {"camera", "place", "since", "until", "step", "limit"});
    SendJson(response, OccupancyAsJson(Database(), ParametersOf(request)));
  });
  server->Get("/api/v1/heat", [this](const Request& request, Response& response) {
    CheckParameters(request, {"camera", "since", "until"});
    SendJson(response, HeatAsJson(Database(), ParametersOf(request)));
  });
}

// Server-sent events: one message an event, from now on.
void ApiServer::Impl::Stream(httplib::Response& response) {
  if (streams >= kMostStreams) {
    SendError(response, 503, fmt::format("{} streams are open already", kMostStreams));
    return;
  }
  ++streams;
  auto seen = std::make_shared<std::uint64_t>(source.hub->last());
  auto quiet = std::make_shared<int>(0);
  response.set_chunked_content_provider(
      "text/event-stream",
      [this, seen, quiet](std::size_t, httplib::DataSink& sink) {
        if (stop) {
          sink.done();
          return true;
        }
        std::string text;
        for (const std::string& json : source.hub->After(*seen, kStreamPatience)) {
          text += "data: " + json + "\n\n";
        }
        if (!text.empty()) {
          *quiet = 0;
        } else if (++*quiet >= kPingEvery) {
          text = ": still here\n\n";  // finds out who has gone
          *quiet = 0;
        }
        return text.empty() || sink.write(text.data(), text.size());
      },
      [this](bool) { --streams; });
}

ApiServer::ApiServer(const HttpConfig& config, ApiSource source)
    : impl_(std::make_unique<Impl>(config, std::move(source))) {
  if (config.cert.empty()) {
    impl_->server = std::make_unique<httplib::Server>();
  } else {
    auto tls = std::make_unique<httplib::SSLServer>(config.cert.c_str(), config.key.c_str());
    if (!tls->is_valid()) {
      throw Error(fmt::format("http: the certificate {} and the key {} cannot be used together",
                              config.cert.string(), config.key.string()));
    }
    impl_->server = std::move(tls);
  }
  impl_->Bound();
  impl_->Route();
  // Two services on one port would share its requests.
  impl_->server->set_socket_options([](socket_t socket) {
    int yes = 1;
    setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
  });
  if (config.port == 0) {
    impl_->port = impl_->server->bind_to_any_port(config.host);
  } else if (impl_->server->bind_to_port(config.host, config.port)) {
    impl_->port = config.port;
  }
  if (impl_->port <= 0) {
    throw Error(fmt::format("http: cannot listen on {}:{}: is another program there?", config.host,
                            config.port));
  }
  impl_->thread = std::thread([this] { impl_->server->listen_after_bind(); });
}

ApiServer::~ApiServer() {
  impl_->stop = true;
  impl_->server->stop();
  impl_->thread.join();
}

int ApiServer::port() const { return impl_->port; }

}  // namespace tenjo
