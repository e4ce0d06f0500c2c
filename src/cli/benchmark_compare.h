// benchmark --compare: the family's cost side by side.
#pragma once

#include <string>
#include <vector>

#include "benchmark/ledger.h"

namespace focus::cli {

struct CompareArguments {
  std::vector<std::string> names;        ///< see compared_source
  std::vector<std::string> assignments;  ///< key=value over each configuration
  std::vector<benchmark::CountedSize> sizes;
  std::string data, split = "val";  ///< average over the sizes of this split's images instead
  benchmark::BenchmarkCase what;    ///< batch, threads and engine of all
  benchmark::BenchmarkEffort effort;
  std::string markdown, csv, plot;  ///< files to write
};

/// Measures, prints the table and writes the files.
void run_compare(const CompareArguments& arguments);

}  // namespace focus::cli
