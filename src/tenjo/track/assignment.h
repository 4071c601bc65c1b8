#pragma once

#include <span>
#include <vector>

namespace tenjo {

//! Pairs rows with columns so that the sum of the pairs' costs is least: shortest augmenting paths
//! (Jonker and Volgenant 1987) on rectangular matrices (Crouse 2016). O(min² max) time.
//! Among assignments of the same cost the choice depends on the matrix alone. Keeps its work space.
class AssignmentSolver {
 public:
  //! `costs` is rows x cols, row after row, all from -1e100 to 1e100 (a forbidden pair gets a cost
  //! far above the others and is refused by the caller). Returns the column of each row, -1 for
  //! those that got none; min(rows, cols) pairs are made. The answer holds until the next call.
  std::span<const int> Solve(std::span<const double> costs, int rows, int cols);

 private:
  void Augment(int row);
  int ShortestPath(int row);

  // The smaller side is "rows" here: the matrix is turned if need be.
  int rows_ = 0;
  int cols_ = 0;
  std::span<const double> costs_;
  std::vector<double> turned_;
  std::vector<double> row_price_;
  std::vector<double> col_price_;
  std::vector<int> col_of_row_;
  std::vector<int> row_of_col_;
  std::vector<int> answer_;

  // Of one search.
  std::vector<double> distance_;
  std::vector<int> from_row_;
  std::vector<char> col_done_;
  std::vector<int> tree_rows_;
  double reached_ = 0;
};

}  // namespace tenjo
