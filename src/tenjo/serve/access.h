#pragma once

#include <chrono>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "tenjo/serve/http_config.h"

namespace tenjo {

//! What a request says of who sends it.
struct AccessRequest {
  std::string method;
  std::string path;
  std::string address;  //!< of the sender
  std::string host;     //!< headers; empty where they are missing
  std::string origin = {};
  std::string authorization = {};
  std::string cookie = {};
  std::string csrf = {};
};

//! Who asks, and what they may.
struct Asker {
  std::optional<std::string> user;  //!< empty: a token, or nobody has to log in
  std::optional<Role> role;         //!< empty: nobody is logged in
  std::string csrf;                 //!< what X-CSRF-Token must be; empty with a token
  std::string session;              //!< the cookie's value, if that is what let them in
};

struct Refusal {
  int status = 0;
  std::string sentence;
  int retry_after_s = 0;  //!< 0: not said
};

//! Who may do what over HTTP: logins with argon2id and a session cookie, a token for machines,
//! protection against foreign pages (Host and Origin checked, a CSRF token for what changes
//! something), and a slow-down after wrong tries. Any thread may call it.
class Access {
 public:
  using Clock = std::chrono::steady_clock;

  explicit Access(const HttpConfig& config);

  //! So many requests a second from one address; nothing if this one is within.
  std::optional<Refusal> CheckRate(const std::string& address);
  //! Whether anybody but the machine's own users needs to say who they are.
  bool needs_login() const { return !config_.users.empty() || !config_.token.empty(); }

  //! Who asks; whoever it is may see the page's files, the session and the health.
  std::variant<Asker, Refusal> Identify(const AccessRequest& request);
  //! The same, refused if they may not do what the request asks for.
  std::variant<Asker, Refusal> Admit(const AccessRequest& request);

  //! A new session, or why not. Wrong tries make the next ones wait, by address and by user.
  std::variant<Asker, Refusal> Login(const AccessRequest& request, const std::string& user,
                                     const std::string& password);
  void Logout(const std::string& session);
  //! Whether a session, or none, still lets its owner in: streams ask.
  bool IsOpen(const Asker& asker);
  //! "tenjo_session=…; HttpOnly; …"; without a session it takes the cookie away.
  std::string Cookie(const std::string& session) const;

 private:
  struct Bucket {
    double left = 0;
    Clock::time_point time;
  };
  struct Session {
    std::string user;
    Role role = Role::kViewer;
    std::string csrf;
    Clock::time_point begun;
    Clock::time_point used;
  };
  struct Tries {
    int wrong = 0;
    Clock::time_point until;  //!< no try before
  };

  bool Spend(const std::string& address, double cost);
  std::optional<Session> FindSession(const std::string& id);
  int SecondsToWait(const std::string& key);
  void CountWrong(const std::string& key, int most_s);

  HttpConfig config_;
  std::string open_csrf_;     //!< where nobody has to log in
  std::string nobodys_hash_;  //!< so that unknown users take as long as known ones
  std::mutex mutex_;
  std::mutex hashing_;  // one at a time: each needs its memory
  std::map<std::string, Bucket> buckets_;
  std::map<std::string, Session> sessions_;
  std::map<std::string, Tries> tries_;
};

}  // namespace tenjo
