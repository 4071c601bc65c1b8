#include "tenjo/cli/interrupt.h"

#include <csignal>

namespace tenjo::cli {
namespace {

std::atomic<bool> interrupted{false};
static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler may not wait");

void Handle(int signal) {
  interrupted = true;
  std::signal(signal, SIG_DFL);
}

}  // namespace

std::atomic<bool>& Interrupted() {
  static const bool installed = [] {
    std::signal(SIGINT, Handle);
    std::signal(SIGTERM, Handle);
    return true;
  }();
  static_cast<void>(installed);
  return interrupted;
}

}  // namespace tenjo::cli
