#pragma once

#include <gtest/gtest.h>

#include <string>

#include "tenjo/base/error.h"

namespace tenjo::testing {

//! The message of the Error that `act` throws, which must be one line; empty if it throws none.
template <typename Act>
std::string Failure(const Act& act) {
  try {
    act();
  } catch (const Error& error) {
    const std::string what = error.what();
    EXPECT_EQ(what.find('\n'), std::string::npos) << what;
    return what;
  }
  return {};
}

//! The same for reading: "no error" if it throws none.
template <typename Act>
std::string MessageOf(const Act& act) {
  const std::string what = Failure(act);
  return what.empty() ? "no error" : what;
}

#define EXPECT_SAYS(text, part) EXPECT_NE((text).find(part), std::string::npos) << (text)

inline bool Contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace tenjo::testing
