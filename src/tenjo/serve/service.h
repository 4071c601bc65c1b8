#pragma once

#include <atomic>
#include <filesystem>
#include <memory>
#include <string>

#include "tenjo/serve/site_config.h"
#include "tenjo/serve/status.h"

namespace tenjo {

//! Many cameras on one compiled network, their places, and where it all goes.
class Service {
 public:
  //! `path` is read again by a reload. Throws Error for an outbox that cannot be opened or an
  //! address that is taken. Cameras and sinks may be away. HTTP answers when it returns, while the
  //! network is still being compiled.
  //! `anonymize`: people are blurred in every picture, whatever the configuration says.
  Service(const std::filesystem::path& path, const SiteConfig& config, const std::string& version,
          bool anonymize = false);
  ~Service();
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  //! Runs until `stop`. Throws Error if the network cannot be compiled. Each time `reload` is set
  //! the configuration is read again: places, cameras and sinks may change, and tracks go on; what
  //! cannot be taken over changes nothing.
  void Run(const std::atomic<bool>& stop, std::atomic<bool>& reload);

  ServiceStatus Status() const;
  //! Where HTTP listens; 0 if it does not.
  int http_port() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tenjo
