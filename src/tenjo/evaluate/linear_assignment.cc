#include "tenjo/evaluate/linear_assignment.h"

#include <algorithm>
#include <limits>

#include "tenjo/base/error.h"

namespace tenjo {
namespace {

constexpr double kFar = std::numeric_limits<double>::infinity();
constexpr int kNone = -1;

std::size_t Index(int i) { return static_cast<std::size_t>(i); }

}  // namespace

//! Dijkstra's search from a free row to a free column; returns that column.
int LinearAssignment::FindPath(std::size_t row) {
  remaining_.resize(columns_);
  for (std::size_t i = 0; i < columns_; ++i) {
    remaining_[i] = static_cast<int>(columns_ - 1 - i);
  }
  std::fill(row_seen_.begin(), row_seen_.end(), 0);
  std::fill(column_seen_.begin(), column_seen_.end(), 0);
  std::fill(distance_.begin(), distance_.end(), kFar);
  reached_ = 0;
  while (true) {
    row_seen_[row] = 1;
    std::size_t nearest = 0;
    double least = kFar;
    for (std::size_t i = 0; i < remaining_.size(); ++i) {
      const std::size_t column = Index(remaining_[i]);
      const double through =
          reached_ + costs_[row * columns_ + column] - row_price_[row] - column_price_[column];
      if (through < distance_[column]) {
        distance_[column] = through;
        path_[column] = static_cast<int>(row);
      }
      // Of equally near columns a free one ends the search.
      if (distance_[column] < least || (distance_[column] == least && row_of_[column] == kNone)) {
        least = distance_[column];
        nearest = i;
      }
    }
    reached_ = least;
    TENJO_CHECK(least < kFar);
    const std::size_t column = Index(remaining_[nearest]);
    column_seen_[column] = 1;
    remaining_[nearest] = remaining_.back();
    remaining_.pop_back();
    if (row_of_[column] == kNone) {
      return static_cast<int>(column);
    }
    row = Index(row_of_[column]);
  }
}

std::span<const std::pair<int, int>> LinearAssignment::Maximise(std::span<const double> gains,
                                                                std::size_t rows,
                                                                std::size_t columns) {
  TENJO_CHECK(gains.size() == rows * columns);
  pairs_.clear();
  if (rows == 0 || columns == 0) {
    return pairs_;
  }
  const bool turned = columns < rows;
  rows_ = turned ? columns : rows;
  columns_ = turned ? rows : columns;
  costs_.resize(gains.size());
  for (std::size_t r = 0; r < rows_; ++r) {
    for (std::size_t c = 0; c < columns_; ++c) {
      costs_[r * columns_ + c] = -(turned ? gains[c * rows_ + r] : gains[r * columns_ + c]);
    }
  }
  row_price_.assign(rows_, 0);
  column_price_.assign(columns_, 0);
  distance_.assign(columns_, 0);
  path_.assign(columns_, kNone);
  column_of_.assign(rows_, kNone);
  row_of_.assign(columns_, kNone);
  row_seen_.assign(rows_, 0);
  column_seen_.assign(columns_, 0);
  for (std::size_t row = 0; row < rows_; ++row) {
    int column = FindPath(row);
    row_price_[row] += reached_;
    for (std::size_t r = 0; r < rows_; ++r) {
      if (row_seen_[r] != 0 && r != row) {
        row_price_[r] += reached_ - distance_[Index(column_of_[r])];
      }
    }
    for (std::size_t c = 0; c < columns_; ++c) {
      if (column_seen_[c] != 0) {
        column_price_[c] -= reached_ - distance_[c];
      }
    }
    // Along the path back every row takes the column from which it was reached.
    while (true) {
      const int r = path_[Index(column)];
      row_of_[Index(column)] = r;
      std::swap(column_of_[Index(r)], column);
      if (Index(r) == row) {
        break;
      }
    }
  }
  for (std::size_t r = 0; r < rows_; ++r) {
    const int c = column_of_[r];
    pairs_.emplace_back(turned ? c : static_cast<int>(r), turned ? static_cast<int>(r) : c);
  }
  std::sort(pairs_.begin(), pairs_.end());
  return pairs_;
}

}  // namespace tenjo
