// The linear sum assignment problem, solved exactly.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace focus::losses {

/// Pairs (rows[k], columns[k]) of an assignment; rows ascend.
struct RowColumnPairs {
  std::vector<int64_t> rows;
  std::vector<int64_t> columns;
};

/// Chooses min(rows, columns) entries of a row-major (rows, columns) matrix, no two in one row or column,
/// whose sum is least. Shortest augmenting paths with potentials (Crouse 2016, after Jonker and Volgenant
/// 1987): O(n^2 m), n the smaller and m the larger side. Among equal costs a free column wins, then the
/// lowest index, so that results agree with SciPy's linear_sum_assignment. Throws Error naming row and column
/// for an entry that is not finite or a cost of the wrong size.
RowColumnPairs linear_sum_assignment(std::span<const double> cost, int64_t rows, int64_t columns);

}  // namespace focus::losses
