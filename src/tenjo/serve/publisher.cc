#include "tenjo/serve/publisher.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <iterator>
#include <utility>

#include "tenjo/base/error.h"

namespace tenjo {
namespace {

constexpr std::size_t kMostInMemory = 100'000;

}  // namespace

Deliverer::Sinks MakeSinks(const SiteConfig& config) {
  Deliverer::Sinks sinks;
  if (config.sqlite) {
    sinks.emplace_back("sqlite", std::make_unique<SqliteSink>(*config.sqlite));
  }
  if (config.lines) {
    sinks.emplace_back("lines", std::make_unique<RotatingLines>(*config.lines));
  }
  if (config.mqtt) {
    sinks.emplace_back("mqtt", std::make_unique<MqttSink>(*config.mqtt));
  }
  if (config.postgres) {
    sinks.emplace_back("postgres", std::make_unique<PostgresSink>(*config.postgres));
  }
  return sinks;
}

bool HasSameSinks(const SiteConfig& a, const SiteConfig& b) {
  return a.sqlite == b.sqlite && a.lines == b.lines && a.mqtt == b.mqtt && a.postgres == b.postgres;
}

Publisher::Publisher(const SiteConfig& config)
    : outbox_(config.outbox), deliverer_(std::make_unique<Deliverer>(outbox_, MakeSinks(config))) {}

void Publisher::Publish(std::vector<Item> items) {
  for (const Item& item : items) {
    if (item.kind == ItemKind::kEvent) {
      hub_.Add(item.camera, item.json);
    }
  }
  const std::lock_guard lock(mutex_);
  if (items.empty() && waiting_.empty()) {
    return;
  }
  waiting_.insert(waiting_.end(), std::make_move_iterator(items.begin()),
                  std::make_move_iterator(items.end()));
  try {
    const std::vector<Item> batch(waiting_.begin(), waiting_.end());
    outbox_.Append(batch);
    waiting_.clear();
    if (!problem_.empty()) {
      spdlog::warn("the outbox can be written again; {} items were lost", lost_);
      problem_.clear();
      lost_ = 0;
    }
    deliverer_->Notify();
  } catch (const Error& error) {
    if (problem_.empty()) {
      spdlog::error("{}; events wait in memory", error.what());
    }
    problem_ = error.what();
    while (waiting_.size() > kMostInMemory) {
      waiting_.pop_front();
      ++lost_;
    }
  }
}

void Publisher::ShowState(std::map<std::string, std::string> state) {
  const std::lock_guard lock(mutex_);
  deliverer_->ShowState(std::move(state));
}

void Publisher::SetSinks(const SiteConfig& config) {
  Deliverer::Sinks sinks = MakeSinks(config);
  std::vector<std::string> names;
  for (const auto& [name, sink] : sinks) {
    names.push_back(name);
  }
  const std::lock_guard lock(mutex_);
  outbox_.SetSinks(names);  // what fails, fails here, while the old ones still work
  deliverer_.reset();
  deliverer_ = std::make_unique<Deliverer>(outbox_, std::move(sinks));
}

std::vector<SinkHealth> Publisher::Health() {
  const std::lock_guard lock(mutex_);
  return deliverer_->Health();
}

std::string Publisher::problem() {
  const std::lock_guard lock(mutex_);
  return problem_;
}

std::int64_t Publisher::waiting_in_memory() {
  const std::lock_guard lock(mutex_);
  return static_cast<std::int64_t>(waiting_.size());
}

}  // namespace tenjo
