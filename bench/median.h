#pragma once

#include <algorithm>
#include <vector>

//! Of at least one number; the greater of the two in the middle.
inline double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}
