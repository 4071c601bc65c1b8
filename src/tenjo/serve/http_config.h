#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tenjo {

enum class Role {
  kViewer,  //!< may look
  kEditor,  //!< may also change places, calibrate and reload
};

inline std::string_view NameOf(Role role) { return role == Role::kEditor ? "editor" : "viewer"; }

//! Whether only this machine can reach what listens there.
inline bool IsLoopback(const std::string& host) {
  return host == "127.0.0.1" || host == "localhost" || host == "::1";
}

//! Somebody who may log in.
struct UserConfig {
  std::string name;
  Role role = Role::kViewer;
  std::string hash;  //!< of the password, by argon2id

  friend bool operator==(const UserConfig&, const UserConfig&) = default;
};

struct HttpConfig {
  std::string host = "127.0.0.1";
  int port = 8080;  //!< 0: any free one
  std::filesystem::path cert = {};
  std::filesystem::path key = {};
  std::string token = {};  //!< of machines; empty: none
  Role token_role = Role::kViewer;
  std::vector<UserConfig> users = {};

  friend bool operator==(const HttpConfig&, const HttpConfig&) = default;
};

}  // namespace tenjo
