#pragma once

#include <atomic>

namespace tenjo::cli {

//! Set by the first Ctrl-C (SIGINT) or SIGTERM, so that work ends cleanly; the second one ends the
//! program at once. The first call installs the handlers.
std::atomic<bool>& Interrupted();

}  // namespace tenjo::cli
