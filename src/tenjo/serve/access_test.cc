#include "tenjo/serve/access.h"

#include <gtest/gtest.h>

#include "tenjo/base/error.h"
#include "tenjo/serve/password.h"

namespace tenjo {
namespace {

const std::string& HashOfWord() {
  static const std::string hash = HashPassword("a word");
  return hash;
}

HttpConfig WithUsers() {
  HttpConfig config;
  config.host = "0.0.0.0";
  config.token = "0123456789abcdef";
  config.users = {{"anna", Role::kEditor, HashOfWord()}, {"ben", Role::kViewer, HashOfWord()}};
  return config;
}

AccessRequest Ask(const std::string& method, const std::string& path) {
  return {.method = method, .path = path, .address = "10.0.0.1", .host = "cafe:8080"};
}

int StatusOf(const std::variant<Asker, Refusal>& answer) {
  const auto* refusal = std::get_if<Refusal>(&answer);
  return refusal == nullptr ? 200 : refusal->status;
}

// A request of somebody who is logged in.
AccessRequest As(const Asker& asker, const std::string& method, const std::string& path) {
  AccessRequest request = Ask(method, path);
  request.cookie = "other=1; tenjo_session=" + asker.session + "; more=2";
  request.csrf = asker.csrf;
  return request;
}

TEST(Password, IsVerifiedAndEachHashIsNew) {
  EXPECT_TRUE(VerifyPassword(HashOfWord(), "a word"));
  EXPECT_FALSE(VerifyPassword(HashOfWord(), "a worD"));
  EXPECT_FALSE(VerifyPassword(HashOfWord(), ""));
  EXPECT_TRUE(IsPasswordHash(HashOfWord()));
  EXPECT_NE(HashPassword("a word"), HashOfWord());
  EXPECT_THROW(HashPassword(""), Error);
  EXPECT_THROW(HashPassword(std::string(kLongestPassword + 1, 'x')), Error);
}

// Made by argon2's own program: echo -n password | argon2 somesalt -id -t 2 -k 65536 -p 1.
TEST(Password, TakesHashesOfTheReferenceProgram) {
  EXPECT_TRUE(
      VerifyPassword("$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$"
                     "CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
                     "password"));
}

TEST(Password, WhatIsNoHashLetsNobodyIn) {
  const std::string good = HashOfWord();
  for (std::size_t length = 0; length < good.size(); length += 7) {
    EXPECT_FALSE(VerifyPassword(good.substr(0, length), "a word"));
  }
  for (const char* bad :
       {"a word", "$argon2i$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8",
        "$argon2id$v=19$m=4294967295,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c",
        "$argon2id$v=19$m=65536,t=999999,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c"}) {
    EXPECT_FALSE(IsPasswordHash(bad)) << bad;
    EXPECT_FALSE(VerifyPassword(bad, "a word")) << bad;
  }
}

TEST(Access, WithoutALoginOnlyLocalhostIsAnswered) {
  Access access{HttpConfig()};
  EXPECT_FALSE(access.needs_login());
  AccessRequest request = Ask("GET", "/api/v1/state");
  EXPECT_EQ(StatusOf(access.Admit(request)), 403);
  for (const char* host : {"localhost", "localhost:8080", "127.0.0.1:1", "[::1]:8080"}) {
    request.host = host;
    EXPECT_EQ(StatusOf(access.Admit(request)), 200) << host;
  }
  for (const char* host : {"", "localhost.evil", "127.0.0.1.evil:80", "[::2]:8080"}) {
    request.host = host;
    EXPECT_EQ(StatusOf(access.Admit(request)), 403) << host;
  }
  request.host = "localhost:8080";
  const Asker asker = std::get<Asker>(access.Identify(request));
  EXPECT_EQ(asker.role, Role::kEditor);
  request.method = "PUT";
  EXPECT_EQ(StatusOf(access.Admit(request)), 403) << "no CSRF token";
  request.csrf = asker.csrf;
  EXPECT_EQ(StatusOf(access.Admit(request)), 200);
  request.origin = "http://localhost:8080";
  EXPECT_EQ(StatusOf(access.Admit(request)), 200);
  request.origin = "http://evil";
  EXPECT_EQ(StatusOf(access.Admit(request)), 403);
}

TEST(Access, SessionsAndRoles) {
  Access access(WithUsers());
  EXPECT_TRUE(access.needs_login());
  EXPECT_EQ(StatusOf(access.Admit(Ask("GET", "/api/v1/state"))), 401);
  EXPECT_FALSE(std::get<Asker>(access.Identify(Ask("GET", "/"))).role);
  const auto anna = std::get<Asker>(access.Login(Ask("POST", "/api/v1/login"), "anna", "a word"));
  const auto ben = std::get<Asker>(access.Login(Ask("POST", "/api/v1/login"), "ben", "a word"));
  EXPECT_EQ(anna.role, Role::kEditor);
  EXPECT_NE(anna.session, ben.session);
  EXPECT_EQ(StatusOf(access.Admit(As(anna, "GET", "/api/v1/state"))), 200);
  EXPECT_EQ(StatusOf(access.Admit(As(anna, "PUT", "/api/v1/places"))), 200);
  EXPECT_EQ(StatusOf(access.Admit(As(ben, "GET", "/api/v1/state"))), 200);
  EXPECT_EQ(StatusOf(access.Admit(As(ben, "PUT", "/api/v1/places"))), 403);
  AccessRequest mixed = As(anna, "PUT", "/api/v1/places");
  mixed.csrf = ben.csrf;
  EXPECT_EQ(StatusOf(access.Admit(mixed)), 403);
  EXPECT_TRUE(access.IsOpen(anna));
  access.Logout(anna.session);
  EXPECT_FALSE(access.IsOpen(anna));
  EXPECT_EQ(StatusOf(access.Admit(As(anna, "GET", "/api/v1/state"))), 401);
  EXPECT_EQ(StatusOf(access.Admit(As(ben, "GET", "/api/v1/state"))), 200);
  const std::string cookie = access.Cookie(ben.session);
  for (const char* word : {"HttpOnly", "SameSite=Strict", "Path=/"}) {
    EXPECT_NE(cookie.find(word), std::string::npos) << cookie;
  }
  EXPECT_EQ(cookie.find("Secure"), std::string::npos);
  HttpConfig tls = WithUsers();
  tls.cert = "c.pem";
  EXPECT_NE(Access(tls).Cookie("x").find("; Secure"), std::string::npos);
}

TEST(Access, TokenOfAMachineHasItsRole) {
  HttpConfig config = WithUsers();
  for (const Role role : {Role::kViewer, Role::kEditor}) {
    config.token_role = role;
    Access access(config);
    AccessRequest request = Ask("GET", "/metrics");
    request.authorization = "Bearer 0123456789abcdef";
    EXPECT_EQ(StatusOf(access.Admit(request)), 200);
    request.method = "PUT";
    EXPECT_EQ(StatusOf(access.Admit(request)), role == Role::kEditor ? 200 : 403);
    for (const char* wrong :
         {"Bearer 0123456789abcdeg", "Bearer ", "Basic 0123456789abcdef", "x"}) {
      request.authorization = wrong;
      EXPECT_EQ(StatusOf(access.Admit(request)), 401) << wrong;
    }
  }
}

TEST(Access, WrongTriesSlowDown) {
  Access access(WithUsers());
  const AccessRequest request = Ask("POST", "/api/v1/login");
  int slowed = 0;
  for (int i = 0; i < 9; ++i) {
    const auto answer = access.Login(request, i % 2 == 0 ? "anna" : "nobody", "wrong");
    if (StatusOf(answer) == 429) {
      ++slowed;
      EXPECT_GE(std::get<Refusal>(answer).retry_after_s, 1);
    } else {
      EXPECT_EQ(StatusOf(answer), 401);
    }
  }
  EXPECT_EQ(slowed, 4);
  EXPECT_EQ(StatusOf(access.Login(request, "anna", "a word")), 429) << "the right one waits too";
  AccessRequest other = request;
  other.address = "10.0.0.2";
  EXPECT_EQ(StatusOf(access.Login(other, "anna", "a word")), 200) << "others are let in";
  other.origin = "http://evil";
  EXPECT_EQ(StatusOf(access.Login(other, "anna", "a word")), 403);
}

TEST(Access, RatesAreBoundByAddress) {
  Access access(WithUsers());
  int refused = 0;
  for (int i = 0; i < 400; ++i) {
    refused += access.CheckRate("10.0.0.1") ? 1 : 0;
  }
  EXPECT_GT(refused, 50);
  EXPECT_FALSE(access.CheckRate("10.0.0.2"));
}

}  // namespace
}  // namespace tenjo
