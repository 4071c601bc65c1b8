#include "tenjo/serve/api_server.h"

#include <fmt/format.h>
#include <httplib.h>
#include <zlib.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <nlohmann/json.hpp>
#include <optional>
#include <thread>
#include <utility>

#include "tenjo/base/error.h"
#include "tenjo/base/text.h"
#include "tenjo/base/thread_name.h"
#include "tenjo/publish/events/sqlite.h"
#include "tenjo/serve/access.h"
#include "tenjo/serve/bounded_connection.h"
#include "tenjo/serve/event_query.h"
#include "tenjo/serve/page_files.h"
#include "tenjo/serve/place_outline.h"
#include "tenjo/serve/place_text.h"
#include "tenjo/serve/site_edit.h"

namespace tenjo {
namespace {

//! Right, but too early.
struct NotYet : Error {
  using Error::Error;
};
//! A picture that is not to be seen.
struct NotAllowed : Error {
  using Error::Error;
};

using httplib::Request;
using httplib::Response;
using nlohmann::ordered_json;

constexpr std::size_t kLargestBody = 256 << 10;
constexpr int kMostStreams = 16;
constexpr std::size_t kThreads = kMostStreams + 16;
constexpr auto kStreamPatience = std::chrono::seconds(1);
constexpr int kPingEvery = 15;  // patiences
constexpr const char* kPagePolicy =
    "default-src 'self'; img-src 'self' data: blob:; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'";

std::string Dump(const ordered_json& j) {
  return j.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

void SendJson(Response& response, const std::string& json) {
  response.set_content(json, "application/json");
}

void SendError(Response& response, int status, const std::string& sentence) {
  response.status = status;
  SendJson(response, Dump({{"error", sentence}}));
}

void SendRefusal(Response& response, const Refusal& refusal) {
  if (refusal.retry_after_s > 0) {
    response.set_header("Retry-After", std::to_string(refusal.retry_after_s));
  }
  if (refusal.status == 401) {
    response.set_header("WWW-Authenticate", "Bearer");
  }
  SendError(response, refusal.status, refusal.sentence);
}

bool IsReading(const Request& request) {
  return request.method == "GET" || request.method == "HEAD";
}

ordered_json OrNull(const std::string& text) {
  return text.empty() ? ordered_json() : ordered_json(text);
}

void SendProblems(Response& response, const std::string& sentence,
                  const std::vector<EditProblem>& problems) {
  ordered_json list = ordered_json::array();
  for (const EditProblem& problem : problems) {
    list.push_back({{"camera", OrNull(problem.camera)},
                    {"place", OrNull(problem.place)},
                    {"line", problem.line > 0 ? ordered_json(problem.line) : ordered_json()},
                    {"message", problem.message}});
  }
  response.status = 422;
  SendJson(response, Dump({{"error", sentence}, {"problems", list}}));
}

AccessRequest AccessOf(const Request& request) {
  return {.method = request.method,
          .path = request.path,
          .address = request.remote_addr,
          .host = request.get_header_value("Host"),
          .origin = request.get_header_value("Origin"),
          .authorization = request.get_header_value("Authorization"),
          .cookie = request.get_header_value("Cookie"),
          .csrf = request.get_header_value("X-CSRF-Token")};
}

Parameters ParametersOf(const Request& request) {
  return [&request](const std::string& name) -> std::optional<std::string> {
    if (!request.has_param(name)) {
      return std::nullopt;
    }
    return request.get_param_value(name);
  };
}

void CheckParameters(const Request& request, std::initializer_list<const char*> known) {
  for (const auto& parameter : request.params) {
    const std::string& name = parameter.first;
    if (std::none_of(known.begin(), known.end(), [&](const char* k) { return name == k; })) {
      throw Error(fmt::format("there is no parameter \"{}\"", name.substr(0, 40)));
    }
    if (request.get_param_value_count(name) > 1) {
      throw Error(fmt::format("the parameter \"{}\" is given twice", name.substr(0, 40)));
    }
  }
}

ordered_json SessionToJson(const Asker& asker, bool login, const ApiSource& source) {
  return {{"login", login},
          {"user", asker.user ? ordered_json(*asker.user) : ordered_json()},
          {"role", asker.role ? ordered_json(NameOf(*asker.role)) : ordered_json()},
          {"csrf", OrNull(asker.csrf)},
          {"name", source.config().site},
          {"version", source.version}};
}

// What may be done at an address.
std::string MethodsOf(const std::string& path) {
  if (path == "/api/v1/login" || path == "/api/v1/logout" || path == "/api/v1/reload") {
    return "POST";
  }
  constexpr std::string_view kCalibration = "/calibration";
  if (path.size() > kCalibration.size() && path.ends_with(kCalibration)) {
    return "PUT";
  }
  return path == "/api/v1/places" ? "GET, HEAD, PUT" : "GET, HEAD";
}

bool IsAllowed(const std::string& methods, const std::string& method) {
  const auto list = Split(methods, ',');
  return std::find(list.begin(), list.end(), method) != list.end();
}

bool TakesGzip(const Request& request) {
  return request.get_header_value("Accept-Encoding").find("gzip") != std::string::npos;
}

std::string Unzipped(std::string_view bytes) {
  z_stream stream = {};
  constexpr int kGzip = 16 + MAX_WBITS;
  if (inflateInit2(&stream, kGzip) != Z_OK) {
    throw Error("the page cannot be unpacked");
  }
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  std::string text;
  int result = Z_OK;
  while (result == Z_OK) {
    constexpr std::size_t kStep = 64 << 10;
    const std::size_t begin = text.size();
    text.resize(begin + kStep);
    stream.next_out = reinterpret_cast<Bytef*>(text.data() + begin);
    stream.avail_out = kStep;
    result = inflate(&stream, Z_NO_FLUSH);
    text.resize(begin + kStep - stream.avail_out);
  }
  inflateEnd(&stream);
  return text;
}

}  // namespace

struct ApiServer::Impl {
  Impl(const HttpConfig& given, ApiSource given_source)
      : config(given), source(std::move(given_source)), access(given) {}

  using Call = std::function<void(const Request&, Response&, const Asker&)>;

  void Bound();
  void Route();
  void RouteSession();
  void RouteData();
  void RoutePictures();
  void RouteEdits();
  //! True if it has been answered.
  bool Refuse(const Request& request, Response& response);
  bool RefuseBody(const Request& request, Response& response);
  //! Calls for those who may, with the body read.
  httplib::Server::Handler For(Call call);
  void SendPage(const Request& request, Response& response, const PageFile& file);
  void Login(const Request& request, Response& response);
  void Logout(const Request& request, Response& response);
  void Reload(Response& response);
  void SendPlaces(Response& response);
  void SendPicture(const Request& request, Response& response);
  void SendVideo(const Request& request, Response& response, const Asker& asker);
  void SendStream(const Request& request, Response& response, const Asker& asker);
  bool BeginStream(Response& response);
  CameraConfig CameraOf(const Request& request) const;
  std::filesystem::path Database() const;

  HttpConfig config;
  ApiSource source;
  Access access;
  std::unique_ptr<httplib::Server> server;
  std::atomic<bool> stop{false};
  std::atomic<int> streams{0};
  int port = 0;
  std::thread thread;
};

std::filesystem::path ApiServer::Impl::Database() const {
  const SiteConfig site = source.config();
  if (!site.sqlite) {
    throw Error("history needs the database: set [sink.sqlite]");
  }
  if (SqliteFile(site.sqlite->path).version() == 0) {
    throw NotYet("the database is being made: ask again");
  }
  return site.sqlite->path;
}

void ApiServer::Impl::Bound() {
  server->new_task_queue = [] { return new httplib::ThreadPool(kThreads); };
  server->set_payload_max_length(kLargestBody);
  server->set_default_headers({{"X-Content-Type-Options", "nosniff"},
                               {"X-Frame-Options", "DENY"},
                               {"Referrer-Policy", "no-referrer"}});
  server->set_exception_handler([](const Request&, Response& response, std::exception_ptr problem) {
    try {
      std::rethrow_exception(std::move(problem));
    } catch (const EditRefused& error) {
      SendProblems(response, error.what(), error.problems);
    } catch (const EditOutdated& error) {
      SendError(response, 412, error.what());
    } catch (const NoSuchCamera& error) {
      SendError(response, 404, error.what());
    } catch (const NotAllowed& error) {
      SendError(response, 403, error.what());
    } catch (const NotYet& error) {
      response.set_header("Retry-After", "1");
      SendError(response, 503, error.what());
    } catch (const Error& error) {
      SendError(response, 400, error.what());
    } catch (const std::exception& error) {
      SendError(response, 500, error.what());
    }
  });
  const httplib::Server::Handler explain = [](const Request&, Response& response) {
    // Of an answer to a request for a part, httplib would send that part.
    if (response.body.empty() && response.status != 416) {
      SendError(response, response.status,
                response.status == 404 ? "there is nothing at this address"
                : response.status == 413
                    ? fmt::format("the body is larger than {} bytes", kLargestBody)
                    : "the request cannot be answered");
    }
  };
  server->set_error_handler(explain);
  server->set_pre_routing_handler([this](const Request& request, Response& response) {
    response.set_header("Cache-Control", "no-store");
    response.set_header("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'");
    const bool refused = Refuse(request, response);
    // Then the body is not read, and the connection ends with this answer.
    if (BodyLength(request) > 0 && (refused || IsReading(request))) {
      response.set_header("Connection", "close");
    }
    return refused ? httplib::Server::HandlerResponse::Handled
                   : httplib::Server::HandlerResponse::Unhandled;
  });
}

bool ApiServer::Impl::Refuse(const Request& request, Response& response) {
  if (const auto refusal = access.CheckRate(request.remote_addr)) {
    SendRefusal(response, *refusal);
    return true;
  }
  const std::string methods = MethodsOf(request.path);
  if (!IsAllowed(methods, request.method)) {
    response.set_header("Allow", methods);
    SendError(response, 405, fmt::format("only {} can be done here", methods));
    return true;
  }
  // Many ranges of one answer would make it many times as long.
  if (request.has_header("Range")) {
    response.status = 416;
    return true;
  }
  return IsReading(request) ? false : RefuseBody(request, response);
}

// Bodies come with their length, unpacked, and as JSON, which no form of a foreign page sends.
bool ApiServer::Impl::RefuseBody(const Request& request, Response& response) {
  const bool has_length = request.has_header("Content-Length");
  if (request.has_header("Transfer-Encoding") || request.has_header("Content-Encoding")) {
    SendError(response, 411, "a body must come with Content-Length, neither in chunks nor packed");
    return true;
  }
  if (has_length) {
    return false;
  }
  if (request.path == "/api/v1/logout") {
    Logout(request, response);
  } else if (request.path == "/api/v1/reload") {
    For([this](const Request&, Response& answer, const Asker&) { Reload(answer); })(request,
                                                                                    response);
  } else {
    SendError(response, 411, "the header Content-Length is missing");
  }
  return true;
}

httplib::Server::Handler ApiServer::Impl::For(Call call) {
  return [this, call = std::move(call)](const Request& request, Response& response) {
    const auto found = access.Admit(AccessOf(request));
    if (const auto* refusal = std::get_if<Refusal>(&found)) {
      SendRefusal(response, *refusal);
      return;
    }
    call(request, response, std::get<Asker>(found));
  };
}

void ApiServer::Impl::Route() {
  // Whether all is well may be asked by whoever watches the service, as far as Host allows.
  server->Get("/healthz", [this](const Request& request, Response& response) {
    const auto found = access.Identify(AccessOf(request));
    if (const auto* refusal = std::get_if<Refusal>(&found)) {
      SendRefusal(response, *refusal);
      return;
    }
    const ServiceStatus status = source.status();
    response.status = status.healthy() ? 200 : 503;
    SendJson(response, Dump({{"healthy", status.healthy()}}));
  });
  server->Get("/metrics", For([this](const Request&, Response& response, const Asker&) {
                response.set_content(StatusToPrometheus(source.status()),
                                     "text/plain; version=0.0.4");
              }));
  server->Get("/api/v1/state", For([this](const Request&, Response& response, const Asker&) {
                SendJson(response, StatusToJson(source.status()));
              }));
  server->Get("/api/v1/cameras", For([this](const Request&, Response& response, const Asker&) {
                SendJson(response,
                         ordered_json::parse(StatusToJson(source.status())).at("cameras").dump());
              }));
  server->Get("/api/v1/places", For([this](const Request&, Response& response, const Asker&) {
                SendPlaces(response);
              }));
  server->Get("/api/v1/outlines", For([this](const Request&, Response& response, const Asker&) {
                SendJson(response, OutlinesToJson(source.config()));
              }));
  RouteSession();
  RouteData();
  RoutePictures();
  RouteEdits();
  // The page itself is no secret: it has to be there before anybody can log in.
  server->Get(".*", [this](const Request& request, Response& response) {
    const auto file = FindPageFile(request.path);
    if (!file) {
      response.status = 404;
      return;
    }
    const auto found = access.Identify(AccessOf(request));
    if (const auto* refusal = std::get_if<Refusal>(&found); refusal && refusal->status == 403) {
      SendRefusal(response, *refusal);
      return;
    }
    SendPage(request, response, *file);
  });
}

void ApiServer::Impl::SendPage(const Request& request, Response& response, const PageFile& file) {
  response.headers.erase("Cache-Control");
  response.headers.erase("Content-Security-Policy");
  response.set_header("Cache-Control",
                      file.immutable ? "public, max-age=31536000, immutable" : "no-cache");
  response.set_header("Content-Security-Policy", kPagePolicy);
  const std::string etag = fmt::format("\"{}\"", file.etag);
  response.set_header("ETag", etag);
  response.set_header("Vary", "Accept-Encoding");
  if (request.get_header_value("If-None-Match") == etag) {
    response.status = 304;
    return;
  }
  const bool packed = file.gzip && TakesGzip(request);
  if (packed) {
    response.set_header("Content-Encoding", "gzip");
  }
  const std::string bytes = file.gzip && !packed ? Unzipped(file.bytes) : std::string(file.bytes);
  // Given piece by piece it is not packed once more.
  response.set_content_provider(
      bytes.size(), std::string(file.type),
      [bytes](std::size_t offset, std::size_t length, httplib::DataSink& sink) {
        return sink.write(bytes.data() + offset, length);
      });
}

void ApiServer::Impl::RouteSession() {
  server->Get("/api/v1/session", [this](const Request& request, Response& response) {
    auto found = access.Identify(AccessOf(request));
    if (const auto* refusal = std::get_if<Refusal>(&found)) {
      if (refusal->status == 403) {
        SendRefusal(response, *refusal);
        return;
      }
      found = Asker{};
    }
    SendJson(response, Dump(SessionToJson(std::get<Asker>(found), access.needs_login(), source)));
  });
  server->Post("/api/v1/login",
               [this](const Request& request, Response& response) { Login(request, response); });
  server->Post("/api/v1/logout",
               [this](const Request& request, Response& response) { Logout(request, response); });
}

void ApiServer::Impl::Login(const Request& request, Response& response) {
  if (request.get_header_value("Content-Type").rfind("application/json", 0) != 0) {
    SendError(response, 415, "the body must be application/json");
    return;
  }
  const AccessRequest asked = AccessOf(request);
  const auto body = nlohmann::json::parse(request.body, nullptr, false);
  const auto is_text = [&](const char* key) {
    return body.is_object() && body.contains(key) && body[key].is_string();
  };
  if (!is_text("user") || !is_text("password") || body.size() != 2) {
    SendError(response, 400, R"(the body must be {"user": "…", "password": "…"})");
    return;
  }
  const auto found =
      access.Login(asked, body["user"].get<std::string>(), body["password"].get<std::string>());
  if (const auto* refusal = std::get_if<Refusal>(&found)) {
    SendRefusal(response, *refusal);
    return;
  }
  const auto& asker = std::get<Asker>(found);
  response.set_header("Set-Cookie", access.Cookie(asker.session));
  SendJson(response, Dump(SessionToJson(asker, access.needs_login(), source)));
}

void ApiServer::Impl::Logout(const Request& request, Response& response) {
  const AccessRequest asked = AccessOf(request);
  const auto found = access.Identify(asked);
  if (const auto* refusal = std::get_if<Refusal>(&found)) {
    SendRefusal(response, *refusal);
    return;
  }
  const auto& asker = std::get<Asker>(found);
  if (!asker.csrf.empty() && asked.csrf != asker.csrf) {
    SendError(response, 403, "the header X-CSRF-Token must be what /api/v1/session gives");
    return;
  }
  access.Logout(asker.session);
  response.set_header("Set-Cookie", access.Cookie(""));
  response.status = 204;
}

void ApiServer::Impl::RouteData() {
  const auto add = [this](const char* path, std::initializer_list<const char*> known,
                          const std::function<std::string(const Parameters&)>& answer) {
    const std::vector<const char*> names(known);
    server->Get(path,
                For([names, answer](const Request& request, Response& response, const Asker&) {
                  for (const auto& [name, value] : request.params) {
                    const auto is = [&, &n = name](const char* k) { return n == k; };
                    if (std::none_of(names.begin(), names.end(), is)) {
                      throw Error(fmt::format("there is no parameter \"{}\"", name.substr(0, 40)));
                    }
                  }
                  SendJson(response, answer(ParametersOf(request)));
                }));
  };
  add("/api/v1/occupancy", {"camera", "place", "since", "until", "step", "limit"},
      [this](const Parameters& parameters) { return OccupancyAsJson(Database(), parameters); });
  add("/api/v1/heat", {"camera", "since", "until"},
      [this](const Parameters& parameters) { return HeatAsJson(Database(), parameters); });
  add("/api/v1/paths", {"camera", "since", "until", "limit"},
      [this](const Parameters& parameters) { return PathsAsJson(Database(), parameters); });
  add("/api/v1/hours", {"camera", "place", "since", "until"}, [this](const Parameters& parameters) {
    PlaceKinds kinds;
    for (const CameraConfig& camera : source.config().cameras) {
      for (const Place& place : camera.places) {
        kinds[{camera.name, place.name}] = NameOf(place.kind);
      }
    }
    return HoursAsJson(Database(), parameters, kinds);
  });
  server->Get("/api/v1/events",
              For([this](const Request& request, Response& response, const Asker&) {
                CheckParameters(request, {"camera", "place", "event", "track", "since", "until",
                                          "after", "limit", "format", "order"});
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
              }));
}

void ApiServer::Impl::RoutePictures() {
  server->Get(R"(/api/v1/cameras/([A-Za-z0-9_-]{1,64})/picture\.jpg)",
              For([this](const Request& request, Response& response, const Asker&) {
                SendPicture(request, response);
              }));
  server->Get(R"(/api/v1/cameras/([A-Za-z0-9_-]{1,64})/video\.mjpg)",
              For([this](const Request& request, Response& response, const Asker& asker) {
                SendVideo(request, response, asker);
              }));
  server->Get("/api/v1/stream",
              For([this](const Request& request, Response& response, const Asker& asker) {
                SendStream(request, response, asker);
              }));
}

CameraConfig ApiServer::Impl::CameraOf(const Request& request) const {
  const std::string name = request.matches[1];
  for (const CameraConfig& camera : source.config().cameras) {
    if (camera.name == name) {
      return camera;
    }
  }
  throw NoSuchCamera(fmt::format("there is no camera \"{}\"", name));
}

void ApiServer::Impl::SendPicture(const Request& request, Response& response) {
  CheckParameters(request, {"t"});
  const CameraConfig camera = CameraOf(request);
  if (!camera.picture) {
    throw NotAllowed(
        fmt::format("the camera {} shows no pictures: picture = true is not set", camera.name));
  }
  const auto jpeg = source.pictures->After(camera.name, 0, std::chrono::seconds(0));
  if (!jpeg) {
    throw NotYet("the camera has given no picture yet");
  }
  response.set_content(jpeg->bytes, "image/jpeg");
}

bool ApiServer::Impl::BeginStream(Response& response) {
  if (++streams > kMostStreams) {
    --streams;
    response.set_header("Retry-After", "10");
    SendError(response, 503, fmt::format("{} streams are open already", kMostStreams));
    return false;
  }
  BoundedConnection::LetAnswerLast();
  return true;
}

void ApiServer::Impl::SendVideo(const Request& request, Response& response, const Asker& asker) {
  CheckParameters(request, {"t"});
  const std::string name = CameraOf(request).name;
  const auto may_be_seen = [this, name] {
    const SiteConfig site = source.config();
    return std::any_of(site.cameras.begin(), site.cameras.end(), [&](const CameraConfig& camera) {
      return camera.name == name && camera.picture;
    });
  };
  if (!may_be_seen()) {
    throw NotAllowed(
        fmt::format("the camera {} shows no pictures: picture = true is not set", name));
  }
  if (request.method == "HEAD") {
    response.set_content("", "multipart/x-mixed-replace; boundary=tenjo");
    return;
  }
  if (!BeginStream(response)) {
    return;
  }
  auto seen = std::make_shared<std::uint64_t>(0);
  response.set_content_provider(
      "multipart/x-mixed-replace; boundary=tenjo",
      [this, seen, name, asker, may_be_seen](std::size_t, httplib::DataSink& sink) {
        if (stop || !access.IsOpen(asker) || !may_be_seen()) {
          sink.done();
          return true;
        }
        const auto jpeg = source.pictures->After(name, *seen, kStreamPatience);
        if (!jpeg) {
          return sink.is_writable();
        }
        *seen = jpeg->number;
        const std::string part =
            fmt::format("--tenjo\r\nContent-Type: image/jpeg\r\nContent-Length: {}\r\n\r\n",
                        jpeg->bytes.size()) +
            jpeg->bytes + "\r\n";
        return sink.write(part.data(), part.size());
      },
      [this](bool) { --streams; });
}

// Server-sent events, from now on: events without a name, people by the name "people".
void ApiServer::Impl::SendStream(const Request& request, Response& response, const Asker& asker) {
  CheckParameters(request, {"people", "camera"});
  const std::string wanted =
      request.has_param("people") ? request.get_param_value("people") : "false";
  if (wanted != "true" && wanted != "false") {
    throw Error("people must be true or false");
  }
  const bool people = wanted == "true";
  const std::string camera = request.get_param_value("camera");
  if (request.method == "HEAD") {
    response.set_content("", "text/event-stream");
    return;
  }
  if (!BeginStream(response)) {
    return;
  }
  if (people) {
    source.hub->LookAtPeople(1);
  }
  auto seen = std::make_shared<EventHub::Seen>(source.hub->Now());
  auto quiet = std::make_shared<int>(kPingEvery);  // the first word comes at once
  response.set_chunked_content_provider(
      "text/event-stream",
      [this, seen, quiet, camera, people, asker](std::size_t, httplib::DataSink& sink) {
        if (stop || !access.IsOpen(asker)) {
          sink.done();
          return true;
        }
        std::string text;
        if (*quiet >= kPingEvery) {
          text = ": here\n\n";  // finds out who has gone
        } else {
          const EventHub::News news = source.hub->After(*seen, camera, people, kStreamPatience);
          for (const std::string& json : news.events) {
            text += "data: " + json + "\n\n";
          }
          for (const std::string& json : news.people) {
            text += "event: people\ndata: " + json + "\n\n";
          }
        }
        *quiet = text.empty() ? *quiet + 1 : 0;
        return text.empty() || sink.write(text.data(), text.size());
      },
      [this, people](bool) {
        --streams;
        if (people) {
          source.hub->LookAtPeople(-1);
        }
      });
}

void ApiServer::Impl::SendPlaces(Response& response) {
  response.set_header("ETag", source.entity_tag());
  SendJson(response, PlacesToJson(source.config()));
}

void ApiServer::Impl::Reload(Response& response) {
  const std::vector<ConfigProblem> problems = source.reload();
  if (problems.empty()) {
    response.status = 204;
    return;
  }
  std::vector<EditProblem> list;
  list.reserve(problems.size());
  for (const ConfigProblem& problem : problems) {
    list.push_back({problem.message, {}, {}, problem.line});
  }
  SendProblems(response, "the configuration is refused; nothing has changed", list);
}

void ApiServer::Impl::RouteEdits() {
  const auto is_json = [](const Request& request, Response& response) {
    if (request.get_header_value("Content-Type").rfind("application/json", 0) == 0) {
      return true;
    }
    SendError(response, 415, "the body must be application/json");
    return false;
  };
  server->Post("/api/v1/reload",
               For([this](const Request&, Response& response, const Asker&) { Reload(response); }));
  server->Put("/api/v1/places",
              For([this, is_json](const Request& request, Response& response, const Asker&) {
                if (!is_json(request, response)) {
                  return;
                }
                if (!request.has_header("If-Match")) {
                  SendError(response, 428, "the header If-Match must be the ETag that GET gave");
                  return;
                }
                source.save_places(request.body, request.get_header_value("If-Match"));
                SendPlaces(response);
              }));
  server->Put(R"(/api/v1/cameras/([A-Za-z0-9_-]{1,64})/calibration)",
              For([this, is_json](const Request& request, Response& response, const Asker&) {
                if (!is_json(request, response)) {
                  return;
                }
                const CalibrationAnswer found = source.calibrate(request.matches[1], request.body);
                SendJson(response, Dump({{"file", found.file},
                                         {"height", found.height_m},
                                         {"tilt", found.tilt_deg},
                                         {"error_px", found.error_px}}));
              }));
}

ApiServer::ApiServer(const HttpConfig& config, ApiSource source)
    : impl_(std::make_unique<Impl>(config, std::move(source))) {
  std::function<void()> let_many_wait;
  if (config.cert.empty()) {
    auto plain = std::make_unique<BoundedServer<httplib::Server>>(ConnectionBounds());
    let_many_wait = [server = plain.get()] { server->LetManyWait(); };
    impl_->server = std::move(plain);
  } else {
    auto tls = std::make_unique<BoundedServer<httplib::SSLServer>>(
        ConnectionBounds(), config.cert.c_str(), config.key.c_str());
    if (!tls->is_valid()) {
      throw Error(fmt::format("http: the certificate {} and the key {} cannot be used together",
                              config.cert.string(), config.key.string()));
    }
    let_many_wait = [server = tls.get()] { server->LetManyWait(); };
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
  let_many_wait();
  impl_->thread = std::thread([this] {
    NameThread("http");
    impl_->server->listen_after_bind();
  });
}

ApiServer::~ApiServer() {
  impl_->stop = true;
  impl_->server->stop();
  impl_->thread.join();
}

int ApiServer::port() const { return impl_->port; }

}  // namespace tenjo
