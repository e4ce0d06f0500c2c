// What a detector costs, by part: the efficiency tables of the papers, from what was run.
#pragma once

#include <string>
#include <vector>

#include "benchmark/measure.h"
#include "data/annotations.h"

namespace focus::benchmark {

/// A size that images have when a detector sees them, and how many have it.
struct CountedSize {
  nn::ImageSize size;
  int64_t images = 1;
};

/// The sizes a detector sees of a data set's images, most frequent first.
std::vector<CountedSize> image_sizes(const data::AnnotationStore& store,
                                     const images::Preprocess& preprocess);

/// Parts of a detector in a ledger, in order; the last is everything that is in none of the others.
const std::vector<std::string>& ledger_parts();

/// The cost of one detector, the mean over images.
struct LedgerRow {
  struct Cost {
    double macs = 0, seconds = 0;
    Cost& operator+=(const Cost& other);
  };
  std::string model;
  std::string engine;
  int64_t parameters = 0;
  Cost total;
  std::vector<Cost> parts;      ///< as ledger_parts()
  Cost choosing;                ///< scorer and, of Focus-DETR, attention among fine-grained tokens
  uint64_t peak_rss_bytes = 0;  ///< the largest

  double frames_per_second() const { return 1 / total.seconds; }
  /// What comes behind backbone and neck.
  Cost transformer() const;
};

/// Sums up the rows of measure_sizes at `sizes`. Throws std::invalid_argument for another number of them.
LedgerRow sum_up(const std::vector<BenchmarkRow>& rows, const std::vector<CountedSize>& sizes);

/// A Markdown table, padded to be read as it is. Ratios are to `rows[reference]`: how many times as fast, and
/// the share of its multiply-accumulates. Throws std::out_of_range without that row.
std::string ledger_markdown(const std::vector<LedgerRow>& rows, size_t reference);

/// The same as CSV, with times by part and units in the names.
std::string ledger_csv(const std::vector<LedgerRow>& rows, size_t reference);

}  // namespace focus::benchmark
