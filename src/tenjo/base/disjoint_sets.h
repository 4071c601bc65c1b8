#pragma once

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <vector>

namespace tenjo {

//! Sets of the numbers from 0 that are joined one after another (union-find). The least number
//! stands for its set.
class DisjointSets {
 public:
  //! Each of `count` numbers a set of its own; memory is kept.
  void Reset(std::size_t count) {
    parent_.resize(count);
    std::iota(parent_.begin(), parent_.end(), 0);
  }
  //! One more number.
  int Add() {
    parent_.push_back(static_cast<int>(parent_.size()));
    return parent_.back();
  }
  int Find(int number) const {
    while (parent_[number] != number) {
      number = parent_[number];
    }
    return number;
  }
  void Join(int a, int b) {
    a = Shorten(a);
    b = Shorten(b);
    parent_[std::max(a, b)] = std::min(a, b);
  }
  std::size_t size() const { return parent_.size(); }

 private:
  // Find, with half of the way left for the next time.
  int Shorten(int number) {
    while (parent_[number] != number) {
      parent_[number] = parent_[parent_[number]];
      number = parent_[number];
    }
    return number;
  }

  std::vector<int> parent_;
};

}  // namespace tenjo
