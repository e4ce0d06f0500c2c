// benchmark --compare: the cost of several models side by side.
#pragma once

#include <string>
#include <vector>

#include "benchmark/ledger.h"

namespace focus::cli {

struct CompareArguments {
  std::vector<std::string> names;        ///< see compared_source
  std::vector<std::string> assignments;  ///< key=value, applied on top of each configuration
  std::vector<benchmark::CountedSize> sizes;
  std::string data, split = "val";  ///< mean over the sizes of this split's images, instead of `sizes`
  benchmark::BenchmarkCase what;    ///< batch, threads and engine of all
  benchmark::BenchmarkEffort effort;
  std::string markdown, csv, plot;  ///< files to write
};

/// Measures, prints the table and writes the files.
void run_compare(const CompareArguments& arguments);

}  // namespace focus::cli
