// Benchmark rows as a table for people, and as CSV and JSON lines for programs.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "benchmark/measure.h"

namespace focus::benchmark {

/// What every row says about the machine and the program.
struct BenchmarkMachine {
  std::string cpu;         ///< the CPU's name
  std::string isa;         ///< instruction set of our kernels
  int physical_cores = 1;  ///< that this process may use
  std::string libtorch;    ///< version
  std::string version;     ///< of this program
  std::string commit;      ///< it was built from
  std::string time;        ///< when measuring began, UTC
};

/// A row with what it is compared to.
struct ComparedRow {
  BenchmarkRow row;
  double peak_gflops = 0;  ///< of its number of threads, or of its device
  double times_first = 1;  ///< how many times as many images a second as the first row
};

/// The line above the rows of the table, and one row of it.
std::string table_header();
std::string table_line(const ComparedRow& compared);

/// The spans of a row's median run, indented as they nest.
std::string profile_text(const BenchmarkRow& row);

/// One row, flat except for "spans". Units are in the names.
nlohmann::ordered_json row_json(const ComparedRow& compared, const BenchmarkMachine& machine);

/// All rows of row_json as CSV, spans left out: a line of names, then one a row. Text is quoted.
std::string rows_csv(const std::vector<nlohmann::ordered_json>& rows);

}  // namespace focus::benchmark
