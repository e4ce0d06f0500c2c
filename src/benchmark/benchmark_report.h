// Benchmark rows as a table for people, and as CSV and JSON lines for programs.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "benchmark/measure.h"

namespace focus::benchmark {

/// The facts about the machine and the program that every row states.
struct BenchmarkMachine {
  std::string cpu;         ///< the CPU's name
  std::string isa;         ///< instruction set of our kernels
  int physical_cores = 1;  ///< those this process may use
  std::string libtorch;    ///< version
  std::string version;     ///< of this program
  std::string commit;      ///< that the program was built from
  std::string time;        ///< when the measurement started, UTC
};

/// A row with the values that it is compared to.
struct ComparedRow {
  BenchmarkRow row;
  double peak_gflops = 0;  ///< with its number of threads, or of its device
  double times_first = 1;  ///< images per second relative to the first row
};

/// The header line of the table, and one row.
std::string table_header();
std::string table_line(const ComparedRow& compared);

/// The spans of a row's median run, indented by their nesting.
std::string profile_text(const BenchmarkRow& row);

/// One row, flat except for "spans". Units are in the names.
nlohmann::ordered_json row_json(const ComparedRow& compared, const BenchmarkMachine& machine);

/// All rows of row_json as CSV without spans: a line of names, then one line per row. Text is quoted.
std::string rows_csv(const std::vector<nlohmann::ordered_json>& rows);

}  // namespace focus::benchmark
