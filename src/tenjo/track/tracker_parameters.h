#pragma once

#include <string_view>
#include <variant>
#include <vector>

#include "tenjo/track/tracker.h"

namespace tenjo {

//! A number of TrackerOptions that people may set, on the command line or in a configuration.
struct TrackerParameter {
  using Member = std::variant<int TrackerOptions::*, double TrackerOptions::*>;

  const char* name;  //!< as max_age
  Member member;
  double low;  //!< from here to `high`, both included
  double high;
  std::vector<std::string_view> trackers;  //!< that read it; empty: all
  const char* help;
};

const std::vector<TrackerParameter>& TrackerParameters();

}  // namespace tenjo
