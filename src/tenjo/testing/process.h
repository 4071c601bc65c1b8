#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace tenjo::testing {

//! A child process; killed with the object. Its standard output is captured if asked for.
class Process {
 public:
  //! arguments[0] is looked up in PATH. Throws std::runtime_error if it cannot be started.
  explicit Process(const std::vector<std::string>& arguments, bool capture = false);
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  //! The next line of the captured output; empty at its end.
  std::string ReadLine();
  //! Exit status, or 128 + signal.
  int Wait();
  void Kill();

 private:
  pid_t pid_ = -1;
  int output_ = -1;
};

//! Runs to the end and returns the exit status.
int RunProcess(const std::vector<std::string>& arguments);

}  // namespace tenjo::testing
