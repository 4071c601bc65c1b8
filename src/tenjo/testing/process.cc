#include "tenjo/testing/process.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <stdexcept>

namespace tenjo::testing {

Process::Process(const std::vector<std::string>& arguments, bool capture) {
  std::vector<char*> argv;
  for (const std::string& argument : arguments) {
    argv.push_back(const_cast<char*>(argument.c_str()));
  }
  argv.push_back(nullptr);

  std::array<int, 2> ends = {-1, -1};
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  if (capture) {
    if (pipe2(ends.data(), O_CLOEXEC) != 0) {
      throw std::runtime_error("cannot make a pipe for a test");
    }
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  }
  const int failed = posix_spawnp(&pid_, argv[0], &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (capture) {
    close(ends[1]);
    output_ = ends[0];
  }
  if (failed != 0) {
    pid_ = -1;
    if (output_ >= 0) {
      close(output_);
    }
    throw std::runtime_error("cannot start " + arguments[0]);
  }
}

Process::~Process() {
  Kill();
  if (output_ >= 0) {
    close(output_);
  }
}

std::string Process::ReadLine() {
  std::string line;
  char letter = 0;
  while (output_ >= 0 && read(output_, &letter, 1) == 1 && letter != '\n') {
    line += letter;
  }
  return line;
}

int Process::Wait() {
  if (pid_ < 0) {
    return -1;
  }
  int status = 0;
  while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void Process::Kill() {
  if (pid_ >= 0) {
    kill(pid_, SIGKILL);
    Wait();
  }
}

int RunProcess(const std::vector<std::string>& arguments) { return Process(arguments).Wait(); }

}  // namespace tenjo::testing
