#pragma once

#include <string>

namespace tenjo {

//! Tells systemd how the service is (the protocol of sd_notify); without systemd nothing happens.
void NotifySystemd(const std::string& state);

//! Seconds within which systemd wants to hear from the service; 0: it does not watch.
double WatchdogSeconds();

}  // namespace tenjo
