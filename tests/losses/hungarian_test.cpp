#include "losses/hungarian.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <numeric>
#include <random>

#include "base/error.h"

namespace {

using focus::losses::linear_sum_assignment;
using focus::losses::RowColumnPairs;

double total(const RowColumnPairs& pairs, const std::vector<double>& cost, int64_t columns) {
  double sum = 0;
  for (size_t k = 0; k < pairs.rows.size(); ++k) sum += cost[pairs.rows[k] * columns + pairs.columns[k]];
  return sum;
}

/// Least total over every way to place the smaller side in the larger one.
double least_total(const std::vector<double>& cost, int64_t rows, int64_t columns) {
  const bool tall = rows > columns;
  std::vector<int64_t> order(std::max(rows, columns));
  std::iota(order.begin(), order.end(), 0);
  double best = std::numeric_limits<double>::infinity();
  do {
    double sum = 0;
    for (int64_t k = 0; k < std::min(rows, columns); ++k) {
      sum += tall ? cost[order[k] * columns + k] : cost[k * columns + order[k]];
    }
    best = std::min(best, sum);
  } while (std::next_permutation(order.begin(), order.end()));
  return best;
}

void expect_valid(const RowColumnPairs& pairs, int64_t rows, int64_t columns) {
  ASSERT_EQ(pairs.rows.size(), static_cast<size_t>(std::min(rows, columns)));
  ASSERT_EQ(pairs.columns.size(), pairs.rows.size());
  EXPECT_TRUE(std::is_sorted(pairs.rows.begin(), pairs.rows.end()));
  EXPECT_EQ(std::adjacent_find(pairs.rows.begin(), pairs.rows.end()), pairs.rows.end());
  std::vector<int64_t> sorted = pairs.columns;
  std::sort(sorted.begin(), sorted.end());
  EXPECT_EQ(std::adjacent_find(sorted.begin(), sorted.end()), sorted.end());
  for (const int64_t column : sorted) EXPECT_TRUE(column >= 0 && column < columns);
  for (const int64_t row : pairs.rows) EXPECT_TRUE(row >= 0 && row < rows);
}

TEST(Hungarian, AgreesWithBruteForce) {
  std::mt19937 engine(7);
  std::uniform_real_distribution<double> real(-5, 5);
  std::uniform_int_distribution<int> small(0, 3);
  for (int64_t rows = 1; rows <= 6; ++rows) {
    for (int64_t columns = 1; columns <= 6; ++columns) {
      for (int trial = 0; trial < 12; ++trial) {
        const bool with_ties = trial % 2 == 1;
        std::vector<double> cost(rows * columns);
        for (double& c : cost) c = with_ties ? small(engine) : real(engine);
        const auto pairs = linear_sum_assignment(cost, rows, columns);
        expect_valid(pairs, rows, columns);
        EXPECT_NEAR(total(pairs, cost, columns), least_total(cost, rows, columns), 1e-12)
            << rows << "x" << columns << " trial " << trial;
      }
    }
  }
}

TEST(Hungarian, KnownAssignments) {
  const auto square = linear_sum_assignment(std::vector<double>{4, 1, 3, 2, 0, 5, 3, 2, 2}, 3, 3);
  EXPECT_EQ(square.columns, (std::vector<int64_t>{1, 0, 2}));
  const auto tall = linear_sum_assignment(std::vector<double>{9, 9, 1, 9, 9, 9, 9, 2}, 4, 2);
  EXPECT_EQ(tall.rows, (std::vector<int64_t>{1, 3}));
  EXPECT_EQ(tall.columns, (std::vector<int64_t>{0, 1}));
}

TEST(Hungarian, TiesGoToTheLowestIndex) {
  for (const auto& [rows, columns] : std::vector<std::pair<int64_t, int64_t>>{{4, 4}, {2, 5}, {5, 2}}) {
    const auto pairs = linear_sum_assignment(std::vector<double>(rows * columns, 1.5), rows, columns);
    std::vector<int64_t> identity(std::min(rows, columns));
    std::iota(identity.begin(), identity.end(), 0);
    EXPECT_EQ(pairs.rows, identity);
    EXPECT_EQ(pairs.columns, identity);
  }
}

TEST(Hungarian, AddingToARowOrColumnChangesNothing) {
  std::mt19937 engine(11);
  std::uniform_real_distribution<double> real(-1, 1);
  constexpr int64_t kSide = 60;
  std::vector<double> cost(kSide * kSide);
  for (double& c : cost) c = real(engine);
  const auto before = linear_sum_assignment(cost, kSide, kSide);
  expect_valid(before, kSide, kSide);
  for (int64_t k = 0; k < kSide; ++k) {
    cost[17 * kSide + k] += 3;
    cost[k * kSide + 5] -= 8;
  }
  EXPECT_EQ(linear_sum_assignment(cost, kSide, kSide).columns, before.columns);
}

TEST(Hungarian, NothingToAssign) {
  EXPECT_TRUE(linear_sum_assignment({}, 0, 5).rows.empty());
  EXPECT_TRUE(linear_sum_assignment({}, 5, 0).rows.empty());
  EXPECT_TRUE(linear_sum_assignment({}, 0, 0).rows.empty());
}

TEST(Hungarian, RefusesWhatIsNotFinite) {
  for (const double bad : {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity(),
                           -std::numeric_limits<double>::infinity()}) {
    std::vector<double> cost(6, 1.0);
    cost[5] = bad;
    try {
      linear_sum_assignment(cost, 3, 2);
      FAIL() << bad << " was accepted";
    } catch (const focus::Error& error) {
      EXPECT_NE(std::string(error.what()).find("row 2, column 1"), std::string::npos) << error.what();
    }
  }
  EXPECT_THROW(linear_sum_assignment(std::vector<double>(5, 0.0), 3, 2), focus::Error);
}

}  // namespace
