#include "tenjo/serve/access.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "tenjo/base/text.h"
#include "tenjo/serve/password.h"

namespace tenjo {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

constexpr double kRate = 50;
constexpr double kBurst = 200;
constexpr double kWrongTokenCost = 20;  // guesses are slowed down
constexpr std::size_t kMostEntries = 4096;
constexpr std::size_t kMostSessions = 1000;
constexpr auto kIdle = hours(12);
constexpr auto kLongest = hours(24 * 7);
constexpr int kFreeTries = 5;
constexpr int kMostWaitOfAddress_s = 900;
// Less for a name than for an address: others shall not lock somebody out for long.
constexpr int kMostWaitOfUser_s = 30;
constexpr const char* kCookieName = "tenjo_session";

bool IsLocalName(std::string host) {
  if (const auto end = host.rfind("]:"); end != std::string::npos) {
    host.resize(end + 1);
  } else if (host.find(']') == std::string::npos) {
    host = host.substr(0, host.find(':'));
  }
  return host == "localhost" || host == "127.0.0.1" || host == "[::1]";
}

std::string CookieValue(const std::string& header) {
  for (const std::string_view one : Split(header, ';')) {
    const auto equals = one.find('=');
    if (equals != std::string_view::npos && Trim(one.substr(0, equals)) == kCookieName) {
      return std::string(Trim(one.substr(equals + 1)));
    }
  }
  return {};
}

// A browser says which page a request comes from; others say nothing.
bool IsForeign(const AccessRequest& request) {
  if (request.origin.empty()) {
    return false;
  }
  const auto scheme = request.origin.find("://");
  return scheme == std::string::npos || request.origin.substr(scheme + 3) != request.host;
}

bool OnlyReads(const std::string& method) { return method == "GET" || method == "HEAD"; }

}  // namespace

Access::Access(const HttpConfig& config)
    : config_(config),
      open_csrf_(RandomHex(16)),
      nobodys_hash_(config.users.empty() ? "" : HashPassword(RandomHex(16))) {}

bool Access::Spend(const std::string& address, double cost) {
  const std::lock_guard lock(mutex_);
  if (buckets_.size() > kMostEntries) {
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

std::optional<Refusal> Access::CheckRate(const std::string& address) {
  if (Spend(address, 1)) {
    return std::nullopt;
  }
  return Refusal{429, "too many requests", 1};
}

std::optional<Access::Session> Access::FindSession(const std::string& id) {
  const std::lock_guard lock(mutex_);
  const auto found = sessions_.find(id);
  if (found == sessions_.end()) {
    return std::nullopt;
  }
  const auto now = Clock::now();
  if (now - found->second.used > kIdle || now - found->second.begun > kLongest) {
    sessions_.erase(found);
    return std::nullopt;
  }
  found->second.used = now;
  return found->second;
}

std::variant<Asker, Refusal> Access::Identify(const AccessRequest& request) {
  if (!needs_login()) {
    if (!IsLocalName(request.host)) {
      return Refusal{403, "without a login only localhost is answered"};
    }
    return Asker{std::nullopt, Role::kEditor, open_csrf_, {}};
  }
  constexpr std::string_view kScheme = "Bearer ";
  if (!request.authorization.empty()) {
    if (!config_.token.empty() && request.authorization.rfind(kScheme, 0) == 0 &&
        IsSameSecret(std::string_view(request.authorization).substr(kScheme.size()),
                     config_.token)) {
      return Asker{std::nullopt, config_.token_role, {}, {}};
    }
    Spend(request.address, kWrongTokenCost);
    return Refusal{401, "the token of the header Authorization: Bearer TOKEN is wrong"};
  }
  const std::string cookie = CookieValue(request.cookie);
  if (const auto session = cookie.empty() ? std::nullopt : FindSession(cookie)) {
    return Asker{session->user, session->role, session->csrf, cookie};
  }
  return Asker{};
}

std::variant<Asker, Refusal> Access::Admit(const AccessRequest& request) {
  auto found = Identify(request);
  const auto* asker = std::get_if<Asker>(&found);
  if (asker == nullptr) {
    return found;
  }
  if (!asker->role) {
    return Refusal{401, config_.users.empty() ? "the header Authorization: Bearer TOKEN is missing"
                                              : "a login is needed"};
  }
  if (OnlyReads(request.method)) {
    return found;
  }
  if (IsForeign(request)) {
    return Refusal{403, "the request comes from the page of another server"};
  }
  if (!asker->csrf.empty() && !IsSameSecret(request.csrf, asker->csrf)) {
    return Refusal{403, "the header X-CSRF-Token must be what /api/v1/session gives"};
  }
  if (asker->role != Role::kEditor) {
    return Refusal{403, "only an editor may change something"};
  }
  return found;
}

int Access::SecondsToWait(const std::string& key) {
  const std::lock_guard lock(mutex_);
  const auto found = tries_.find(key);
  if (found == tries_.end()) {
    return 0;
  }
  const double left_s = std::chrono::duration<double>(found->second.until - Clock::now()).count();
  return left_s > 0 ? static_cast<int>(std::ceil(left_s)) : 0;
}

// After some tries that cost nothing each wrong one doubles the wait before the next.
void Access::CountWrong(const std::string& key, int most_s) {
  const std::lock_guard lock(mutex_);
  if (tries_.size() > kMostEntries) {
    const auto now = Clock::now();
    std::erase_if(tries_, [&](const auto& entry) { return entry.second.until < now; });
  }
  if (tries_.size() > 2 * kMostEntries) {
    tries_.clear();
  }
  Tries& tries = tries_[key];
  ++tries.wrong;
  const int over = tries.wrong - kFreeTries;
  const int wait_s = over < 0 ? 0 : std::min(most_s, 1 << std::min(over, 20));
  tries.until = Clock::now() + seconds(wait_s);
}

std::variant<Asker, Refusal> Access::Login(const AccessRequest& request, const std::string& user,
                                           const std::string& password) {
  if (IsForeign(request)) {
    return Refusal{403, "the request comes from the page of another server"};
  }
  const std::string by_address = "address " + request.address;
  const std::string by_user = "user " + user.substr(0, 64);
  if (const int wait_s = std::max(SecondsToWait(by_address), SecondsToWait(by_user)); wait_s > 0) {
    return Refusal{429, fmt::format("too many wrong tries: wait {} s", wait_s), wait_s};
  }
  const auto known = std::find_if(config_.users.begin(), config_.users.end(),
                                  [&](const UserConfig& one) { return one.name == user; });
  bool right = false;
  {
    const std::lock_guard lock(hashing_);
    right = VerifyPassword(known != config_.users.end() ? known->hash : nobodys_hash_, password);
  }
  if (known == config_.users.end() || !right) {
    CountWrong(by_address, kMostWaitOfAddress_s);
    CountWrong(by_user, kMostWaitOfUser_s);
    return Refusal{401, "user or password is wrong"};
  }
  const std::lock_guard lock(mutex_);
  tries_.erase(by_address);
  tries_.erase(by_user);
  if (sessions_.size() >= kMostSessions) {
    sessions_.erase(std::min_element(
        sessions_.begin(), sessions_.end(),
        [](const auto& a, const auto& b) { return a.second.used < b.second.used; }));
  }
  const auto now = Clock::now();
  const std::string id = RandomHex(32);
  const Session session{known->name, known->role, RandomHex(16), now, now};
  sessions_[id] = session;
  return Asker{session.user, session.role, session.csrf, id};
}

void Access::Logout(const std::string& session) {
  const std::lock_guard lock(mutex_);
  sessions_.erase(session);
}

bool Access::IsOpen(const Asker& asker) {
  return asker.session.empty() || FindSession(asker.session).has_value();
}

std::string Access::Cookie(const std::string& session) const {
  const long long age_s =
      session.empty() ? 0 : std::chrono::duration_cast<seconds>(kLongest).count();
  return fmt::format("{}={}; Path=/; Max-Age={}; HttpOnly; SameSite=Strict{}", kCookieName, session,
                     age_s, config_.cert.empty() ? "" : "; Secure");
}

}  // namespace tenjo
