// The history of a run: metrics.jsonl for programs, TensorBoard events for people.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "base/growing_file.h"
#include "io/tensorboard/tensorboard.h"

namespace focus::train {

/// Named numbers in the order they are to be shown.
using Metrics = std::vector<std::pair<std::string, double>>;

/// One JSON object a line: "kind" ("train" or "eval"), "epoch", "iteration", then the metrics. Numbers that
/// are not finite are null. The same numbers go to TensorBoard as "<kind>/<metric>". Each line is flushed
/// before write() returns; what could not be written, as on a full disk, is kept and written when it can be.
class MetricsLog {
 public:
  /// Starts the log of a new run, or continues one whose next optimiser step is `iteration`: lines beyond it,
  /// and a line that was cut off, are dropped; `evaluation_due` also drops the evaluation at `iteration`
  /// itself. Throws Error naming the file if it cannot be read or written.
  MetricsLog(const std::filesystem::path& folder, int64_t iteration, bool evaluation_due);

  /// Throws Error naming the file if it cannot be written now.
  void write(const std::string& kind, int64_t epoch, int64_t iteration, const Metrics& metrics);
  /// Writes what is kept. Throws Error naming the file if that fails.
  void flush();

 private:
  GrowingFile lines_;
  io::EventWriter events_;
};

}  // namespace focus::train
