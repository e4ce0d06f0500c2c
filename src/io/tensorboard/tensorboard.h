// Scalars for TensorBoard: event files, which are TFRecord files of Event messages.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/growing_file.h"

namespace focus::io {

/// Appends scalars to a new event file in a folder. TensorBoard shows all files of a folder as one run, so a
/// resumed run opens a writer on the same folder. For one thread at a time.
class EventWriter {
 public:
  /// Creates the folder if need be, and in it events.out.tfevents.<seconds>.<host>.<process>.<serial>.
  /// Throws Error naming the file if it cannot be written.
  explicit EventWriter(const std::filesystem::path& dir);

  /// Records `value` under `tag` ("train/loss") at `step`. Buffered: flush() makes it visible.
  void scalar(std::string_view tag, double value, int64_t step);
  /// Throws Error naming the file if some records cannot be written now; the next call tries again.
  void flush() { file_.flush(); }

  const std::filesystem::path& path() const { return file_.path(); }

 private:
  void write_record(const std::string& event);

  GrowingFile file_;
};

}  // namespace focus::io
