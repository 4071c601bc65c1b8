#pragma once

#include <map>
#include <span>
#include <string>

#include "tenjo/publish/events/item.h"

namespace tenjo {

//! Where events go. Used by one thread. What fails throws Error: the same items come again later,
//! so a sink must bear to be given an item twice.
class EventSink {
 public:
  virtual ~EventSink() = default;
  //! Connects, opens. Called before the first delivery and again after every failure.
  virtual void Open() = 0;
  //! When it returns, the other side has all of them.
  virtual void Deliver(std::span<const Item> items) = 0;
  //! The newest state by topic, for sinks that show one; called when it changes and after Open.
  virtual void ShowState(const std::map<std::string, std::string>& state) {
    static_cast<void>(state);
  }
  //! Called now and then while there is nothing to deliver.
  virtual void Idle() {}
};

}  // namespace tenjo
