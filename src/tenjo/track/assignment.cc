#include "tenjo/track/assignment.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "tenjo/base/error.h"

namespace tenjo {

std::span<const int> AssignmentSolver::Solve(std::span<const double> costs, int rows, int cols) {
  TENJO_CHECK(rows >= 0 && cols >= 0 &&
              costs.size() == static_cast<std::size_t>(rows) * static_cast<std::size_t>(cols));
  // Sums of costs must stay finite; NaN fails too.
  constexpr double kLargest = 1e100;
  TENJO_CHECK(std::all_of(costs.begin(), costs.end(),
                          [](double cost) { return std::abs(cost) <= kLargest; }));
  const bool turn = rows > cols;
  rows_ = std::min(rows, cols);
  cols_ = std::max(rows, cols);
  costs_ = costs;
  if (turn) {
    turned_.resize(costs.size());
    for (int r = 0; r < rows; ++r) {
      for (int c = 0; c < cols; ++c) {
        turned_[c * rows + r] = costs[r * cols + c];
      }
    }
    costs_ = turned_;
  }

  row_price_.assign(rows_, 0);
  col_price_.assign(cols_, 0);
  col_of_row_.assign(rows_, -1);
  row_of_col_.assign(cols_, -1);
  for (int row = 0; row < rows_; ++row) {
    Augment(row);
  }
  answer_ = turn ? row_of_col_ : col_of_row_;
  return answer_;
}

// Dijkstra over reduced costs from an unassigned row to the nearest unassigned column, which is
// returned; distance_, from_row_, col_done_, tree_rows_ and reached_ tell the way.
int AssignmentSolver::ShortestPath(int row) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  distance_.assign(cols_, kInfinity);
  from_row_.assign(cols_, -1);
  col_done_.assign(cols_, 0);
  tree_rows_.clear();
  reached_ = 0;
  while (true) {
    tree_rows_.push_back(row);
    const double* row_costs = costs_.data() + static_cast<std::ptrdiff_t>(row) * cols_;
    const double base = reached_ - row_price_[row];
    double nearest = kInfinity;
    int nearest_col = -1;
    for (int col = 0; col < cols_; ++col) {
      if (col_done_[col] != 0) {
        continue;
      }
      const double through = base + row_costs[col] - col_price_[col];
      if (through < distance_[col]) {
        distance_[col] = through;
        from_row_[col] = row;
      }
      // Of equally near columns a free one ends the search at once; else the first is taken.
      if (distance_[col] < nearest ||
          (distance_[col] == nearest && row_of_col_[col] < 0 && row_of_col_[nearest_col] >= 0)) {
        nearest = distance_[col];
        nearest_col = col;
      }
    }
    TENJO_CHECK(nearest_col >= 0);
    reached_ = nearest;
    col_done_[nearest_col] = 1;
    if (row_of_col_[nearest_col] < 0) {
      return nearest_col;
    }
    row = row_of_col_[nearest_col];
  }
}

void AssignmentSolver::Augment(int row) {
  int col = ShortestPath(row);

  // Prices keep all reduced costs at 0 or above, and those of assigned pairs at 0.
  row_price_[row] += reached_;
  for (const int other : tree_rows_) {
    if (other != row) {
      row_price_[other] += reached_ - distance_[col_of_row_[other]];
    }
  }
  for (int c = 0; c < cols_; ++c) {
    if (col_done_[c] != 0) {
      col_price_[c] -= reached_ - distance_[c];
    }
  }

  while (true) {
    const int owner = from_row_[col];
    row_of_col_[col] = owner;
    std::swap(col_of_row_[owner], col);
    if (owner == row) {
      return;
    }
  }
}

}  // namespace tenjo
