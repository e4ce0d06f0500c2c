// Synthetic data sets: seeded scenes in COCO's format, to train, test and measure without a download. The
// scene `shapes` has simple objects: a class is defined by its shape; colour, pattern, size, rotation and
// surroundings are independent of it. The scene `codes` has barcodes and two-dimensional codes as in
// photographs.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "base/options.h"

namespace focus::scenes {

struct SynthOptions {
  std::string scene = "shapes";
  std::string style = "everyday";
  std::string backgrounds;  ///< Folder of photographs; empty: drawn backgrounds.
  int64_t train = 400;
  int64_t val = 60;
  int64_t test = 40;
  int64_t seed = 0;
  std::string format = "jpg";
  double min_visible = 0.3;
  double min_size = 16;
  double max_size = 200;
  double empty_share = 0.06;
  int64_t max_objects = 8;
  int64_t max_clutter = 8;
  int64_t classes = 6;

  void describe(OptionTable& table);

  /// Throws UsageError, naming the option, if options contradict each other or the scene does not have one.
  void validate() const;
};

struct SynthSummary {
  int64_t images = 0;
  int64_t objects = 0;
};

/// Renders `options` into the new folder `out`: images/{train,val,test}/000001.jpg ... and
/// annotations/instances_{train,val,test}.json; a split of 0 images has neither. `out` appears complete or
/// not at all. The same options (and photographs) give the same bytes, whatever the number of threads. Throws
/// UsageError if options contradict each other or `out` exists and is not an empty folder, Error if it cannot
/// be written or `backgrounds` cannot be read.
SynthSummary write_synthetic_dataset(const SynthOptions& options, const std::filesystem::path& out);

}  // namespace focus::scenes
