#include "tenjo/track/assignment.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "tenjo/base/error.h"

namespace tenjo {
namespace {

struct Problem {
  int rows = 0;
  int cols = 0;
  std::vector<double> costs;

  double at(int r, int c) const { return costs[r * cols + c]; }
};

Problem Turned(const Problem& p) {
  Problem turned{p.cols, p.rows, std::vector<double>(p.costs.size())};
  for (int r = 0; r < p.rows; ++r) {
    for (int c = 0; c < p.cols; ++c) {
      turned.costs[c * p.rows + r] = p.at(r, c);
    }
  }
  return turned;
}

// Least total over all assignments, by trying every set of columns for the first rows.
double BruteForce(const Problem& given) {
  const Problem p = given.rows <= given.cols ? given : Turned(given);
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  std::vector<double> best(std::size_t{1} << p.cols, kInfinity);
  best[0] = 0;
  double least = p.rows == 0 ? 0 : kInfinity;
  for (unsigned set = 0; set < best.size(); ++set) {
    const int row = std::popcount(set);
    if (row == p.rows) {
      least = std::min(least, best[set]);
      continue;
    }
    for (int c = 0; row < p.rows && c < p.cols; ++c) {
      if ((set >> c & 1U) == 0) {
        double& total = best[set | 1U << c];
        total = std::min(total, best[set] + p.at(row, c));
      }
    }
  }
  return least;
}

// The answer's total; fails unless it is a full one-to-one assignment.
double Total(const Problem& p, std::span<const int> cols_of_rows) {
  EXPECT_EQ(cols_of_rows.size(), static_cast<std::size_t>(p.rows));
  std::vector<int> uses(p.cols, 0);
  int pairs = 0;
  double total = 0;
  for (int r = 0; r < p.rows; ++r) {
    const int c = cols_of_rows[r];
    if (c < 0) {
      continue;
    }
    EXPECT_LT(c, p.cols);
    EXPECT_EQ(++uses[c], 1);
    ++pairs;
    total += p.at(r, c);
  }
  EXPECT_EQ(pairs, std::min(p.rows, p.cols));
  return total;
}

template <typename Cost>
void TryRandom(unsigned seed, int runs, int largest, Cost cost) {
  std::mt19937 random(seed);
  std::uniform_int_distribution<int> size(0, largest);
  AssignmentSolver solver;
  for (int run = 0; run < runs; ++run) {
    Problem p{size(random), size(random), {}};
    p.costs.resize(p.rows * p.cols);
    std::generate(p.costs.begin(), p.costs.end(), [&] { return cost(random); });
    const std::span<const int> answer = solver.Solve(p.costs, p.rows, p.cols);
    const double truth = BruteForce(p);
    ASSERT_NEAR(Total(p, answer), truth, 1e-9 * std::max(1.0, std::abs(truth)))
        << p.rows << "x" << p.cols << ", run " << run;
    const std::vector<int> first(answer.begin(), answer.end());
    AssignmentSolver fresh;
    const std::span<const int> again = fresh.Solve(p.costs, p.rows, p.cols);
    ASSERT_TRUE(std::equal(first.begin(), first.end(), again.begin(), again.end()));
  }
}

TEST(AssignmentTest, BestOfRandomMatrices) {
  TryRandom(1, 2000, 8,
            [](auto& random) { return std::uniform_real_distribution<double>(-1, 1)(random); });
  TryRandom(2, 30, 12,
            [](auto& random) { return std::uniform_real_distribution<double>(0, 1e6)(random); });
}

TEST(AssignmentTest, BestWhereManyCostsAreEqual) {
  for (const int values : {1, 2, 3, 5}) {
    TryRandom(static_cast<unsigned>(10 + values), 700, 8, [values](auto& random) {
      return static_cast<double>(std::uniform_int_distribution<int>(-values, 0)(random));
    });
  }
}

TEST(AssignmentTest, BestOfSparseOverlaps) {
  TryRandom(20, 1000, 9, [](auto& random) {
    std::uniform_real_distribution<double> unit(0, 1);
    return unit(random) < 0.7 ? 0.0 : -unit(random);
  });
}

TEST(AssignmentTest, ForbiddenPairsAreUsedLast) {
  TryRandom(30, 500, 7, [](auto& random) {
    std::uniform_real_distribution<double> unit(0, 1);
    return unit(random) < 0.3 ? 1e5 : unit(random);
  });
}

TEST(AssignmentTest, NothingToPair) {
  AssignmentSolver solver;
  EXPECT_TRUE(solver.Solve({}, 0, 0).empty());
  EXPECT_TRUE(solver.Solve({}, 0, 5).empty());
  const std::span<const int> answer = solver.Solve({}, 3, 0);
  EXPECT_EQ(std::vector<int>(answer.begin(), answer.end()), std::vector<int>(3, -1));
}

TEST(AssignmentTest, LargeMatrixWithAKnownAnswer) {
  // Prices u + v with one zero-cost pair a row hidden under them: the hidden pairs are best.
  constexpr int kSize = 300;
  std::mt19937 random(40);
  std::uniform_real_distribution<double> unit(0, 1);
  std::vector<int> hidden(kSize);
  for (int i = 0; i < kSize; ++i) {
    hidden[i] = i;
  }
  std::shuffle(hidden.begin(), hidden.end(), random);
  std::vector<double> costs(kSize * kSize);
  std::vector<double> price(kSize);
  std::generate(price.begin(), price.end(), [&] { return unit(random) * 10; });
  for (int r = 0; r < kSize; ++r) {
    const double row_price = unit(random) * 10;
    for (int c = 0; c < kSize; ++c) {
      costs[r * kSize + c] = row_price + price[c] + (c == hidden[r] ? 0 : 0.01 + unit(random));
    }
  }
  AssignmentSolver solver;
  const std::span<const int> answer = solver.Solve(costs, kSize, kSize);
  EXPECT_EQ(std::vector<int>(answer.begin(), answer.end()), hidden);
}

TEST(AssignmentTest, RefusesWhatItCannotPair) {
  AssignmentSolver solver;
  EXPECT_THROW(solver.Solve(std::vector<double>{1, 2, 3}, 2, 2), CheckFailure);
  EXPECT_THROW(solver.Solve(std::vector<double>{std::nan("")}, 1, 1), CheckFailure);
  EXPECT_THROW(solver.Solve(std::vector<double>{INFINITY}, 1, 1), CheckFailure);
}

}  // namespace
}  // namespace tenjo
