#pragma once

#include <gtest/gtest.h>

#include <string>

#include "tenjo/base/error.h"

namespace tenjo::testing {

//! The message of the Error that `act` throws, which must be one line; "no error" if it throws
//! none.
template <typename Act>
std::string MessageOf(const Act& act) {
  try {
    act();
  } catch (const Error& error) {
    EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos);
    return error.what();
  }
  return "no error";
}

inline bool Contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace tenjo::testing
