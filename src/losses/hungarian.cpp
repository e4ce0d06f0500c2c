#include "losses/hungarian.h"

#include <cmath>
#include <limits>

#include "base/error.h"

namespace focus::losses {
namespace {

constexpr int64_t kFree = -1;
constexpr double kInfinity = std::numeric_limits<double>::infinity();

void require_finite(std::span<const double> cost, int64_t columns) {
  for (size_t i = 0; i < cost.size(); ++i) {
    if (std::isfinite(cost[i])) continue;
    const auto index = static_cast<int64_t>(i);
    fail("assignment cost of row {}, column {} is {}: every cost must be finite", index / columns,
         index % columns, cost[i]);
  }
}

std::vector<double> transposed(std::span<const double> cost, int64_t rows, int64_t columns) {
  std::vector<double> result(cost.size());
  for (int64_t r = 0; r < rows; ++r) {
    for (int64_t c = 0; c < columns; ++c) result[c * rows + r] = cost[r * columns + c];
  }
  return result;
}

/// Assigns every row of a matrix that has at most as many rows as columns.
class RowAssignment {
 public:
  RowAssignment(std::span<const double> cost, int64_t rows, int64_t columns)
      : cost_(cost.data()),
        columns_(columns),
        row_potential_(rows, 0.0),
        column_potential_(columns, 0.0),
        column_of_(rows, kFree),
        row_of_(columns, kFree),
        distance_(columns),
        predecessor_(columns) {
    for (int64_t row = 0; row < rows; ++row) augment(row);
  }

  const std::vector<int64_t>& column_of() const { return column_of_; }
  const std::vector<int64_t>& row_of() const { return row_of_; }

 private:
  /// Dijkstra over reduced costs from a free row to the nearest free column; fills reached_rows_ and
  /// reached_columns_ (the free column excluded) on the way.
  int64_t nearest_free_column(int64_t start, double& path_length) {
    distance_.assign(columns_, kInfinity);
    reached_rows_.clear();
    reached_columns_.clear();
    // Descending, because the entry taken out is replaced by the last: the lowest index stays in front for
    // ties.
    open_columns_.resize(columns_);
    for (int64_t k = 0; k < columns_; ++k) open_columns_[k] = columns_ - 1 - k;

    path_length = 0;
    for (int64_t row = start;;) {
      reached_rows_.push_back(row);
      const double* row_cost = cost_ + row * columns_;
      double least = kInfinity;
      size_t best = 0;
      for (size_t k = 0; k < open_columns_.size(); ++k) {
        const int64_t column = open_columns_[k];
        const double length =
            path_length + row_cost[column] - row_potential_[row] - column_potential_[column];
        if (length < distance_[column]) {
          distance_[column] = length;
          predecessor_[column] = row;
        }
        const bool free_tie = distance_[column] == least && row_of_[column] == kFree;
        if (distance_[column] < least || free_tie) {
          least = distance_[column];
          best = k;
        }
      }
      path_length = least;
      const int64_t column = open_columns_[best];
      if (row_of_[column] == kFree) return column;
      reached_columns_.push_back(column);
      open_columns_[best] = open_columns_.back();
      open_columns_.pop_back();
      row = row_of_[column];
    }
  }

  void augment(int64_t start) {
    double path_length = 0;
    int64_t column = nearest_free_column(start, path_length);
    for (const int64_t row : reached_rows_) {
      row_potential_[row] += row == start ? path_length : path_length - distance_[column_of_[row]];
    }
    for (const int64_t reached : reached_columns_)
      column_potential_[reached] -= path_length - distance_[reached];
    for (int64_t row = kFree; row != start;) {
      row = predecessor_[column];
      row_of_[column] = row;
      std::swap(column_of_[row], column);
    }
  }

  const double* cost_;
  int64_t columns_;
  std::vector<double> row_potential_, column_potential_;
  std::vector<int64_t> column_of_, row_of_;
  std::vector<double> distance_;
  std::vector<int64_t> predecessor_, open_columns_, reached_rows_, reached_columns_;
};

}  // namespace

RowColumnPairs linear_sum_assignment(std::span<const double> cost, int64_t rows, int64_t columns) {
  if (rows < 0 || columns < 0 || static_cast<int64_t>(cost.size()) != rows * columns) {
    fail("assignment cost has {} entries; {} rows and {} columns need {}", cost.size(), rows, columns,
         rows * columns);
  }
  RowColumnPairs pairs;
  if (cost.empty()) return pairs;
  require_finite(cost, columns);
  const bool tall = rows > columns;
  const std::vector<double> flipped = tall ? transposed(cost, rows, columns) : std::vector<double>();
  const RowAssignment solved =
      tall ? RowAssignment(flipped, columns, rows) : RowAssignment(cost, rows, columns);
  const std::vector<int64_t>& column_of_row = tall ? solved.row_of() : solved.column_of();
  for (int64_t row = 0; row < rows; ++row) {
    if (column_of_row[row] == kFree) continue;
    pairs.rows.push_back(row);
    pairs.columns.push_back(column_of_row[row]);
  }
  return pairs;
}

}  // namespace focus::losses
