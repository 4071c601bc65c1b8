#pragma once

#include <stdexcept>
#include <string>

namespace tenjo {

//! Wrong input: a whole sentence that says what is wrong, where, and what would be right.
//! The program prints it on one line and exits 1.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

//! The reader of a pipe went away: a reason to end, not a mistake of the user.
class ClosedPipe : public Error {
 public:
  using Error::Error;
};

//! A broken promise between rooms: a bug in Tenjo, not in the input.
class CheckFailure : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};

[[noreturn]] void FailCheck(const char* condition, const char* file, int line);

}  // namespace tenjo

#define TENJO_CHECK(condition)                            \
  do {                                                    \
    if (!(condition)) {                                   \
      ::tenjo::FailCheck(#condition, __FILE__, __LINE__); \
    }                                                     \
  } while (false)
