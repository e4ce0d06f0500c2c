// The cost of a detector, by part: the efficiency tables of the papers, from measurements.
#pragma once

#include <string>
#include <vector>

#include "benchmark/measure.h"
#include "data/annotations.h"

namespace focus::benchmark {

/// A size of images as a detector sees them, and the number of images with it.
struct CountedSize {
  nn::ImageSize size;
  int64_t images = 1;
};

/// The sizes at which a detector sees a data set's images, most frequent first.
std::vector<CountedSize> image_sizes(const data::AnnotationStore& store,
                                     const images::Preprocess& preprocess);

/// The parts of a detector in a ledger, in order; the last is the rest.
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
  Cost choosing;                ///< scorer and, in Focus-DETR, attention among fine-grained tokens
  uint64_t peak_rss_bytes = 0;  ///< the largest

  double frames_per_second() const { return 1 / total.seconds; }
  /// Everything after backbone and neck.
  Cost transformer() const;
};

/// Averages the rows of measure_sizes at `sizes` over their images. Throws std::invalid_argument if there is
/// not one row per size.
LedgerRow sum_up(const std::vector<BenchmarkRow>& rows, const std::vector<CountedSize>& sizes);

/// A Markdown table, padded to be readable as text. Ratios are to `rows[reference]`: how many times as fast,
/// and the share of its multiply-accumulates. Throws std::out_of_range if there is no such row.
std::string ledger_markdown(const std::vector<LedgerRow>& rows, size_t reference);

/// The same as CSV, with times by part and units in the names.
std::string ledger_csv(const std::vector<LedgerRow>& rows, size_t reference);

}  // namespace focus::benchmark
