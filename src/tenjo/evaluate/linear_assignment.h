#pragma once

#include <cstddef>
#include <span>
#include <utility>
#include <vector>

namespace tenjo {

//! Pairs each row with a column, or where there are more rows each column with a row, so that the
//! sum of gains is highest, by shortest augmenting paths (D. F. Crouse, "On implementing 2D
//! rectangular assignment algorithms", 2016). Among equal sums it chooses as scipy's
//! linear_sum_assignment does, which scores of equal boxes depend on.
class LinearAssignment {
 public:
  //! `gains` is [row][column], finite. Pairs by rising row; they hold until the next call.
  std::span<const std::pair<int, int>> Maximise(std::span<const double> gains, std::size_t rows,
                                                std::size_t columns);

 private:
  int FindPath(std::size_t row);

  std::size_t rows_ = 0;
  std::size_t columns_ = 0;
  std::vector<double> costs_;
  std::vector<double> row_price_;
  std::vector<double> column_price_;
  std::vector<double> distance_;
  std::vector<int> path_;
  std::vector<int> column_of_;
  std::vector<int> row_of_;
  std::vector<char> row_seen_;
  std::vector<char> column_seen_;
  std::vector<int> remaining_;
  double reached_ = 0;
  std::vector<std::pair<int, int>> pairs_;
};

}  // namespace tenjo
