// Scalars for TensorBoard: event files, which are TFRecord files of Event messages.
#pragma once

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace focus::io {

/// Appends scalars to a new event file in a folder. TensorBoard shows all files of a folder as one run, so a
/// resumed run opens a writer on the same folder. One thread at a time. Every method throws Error naming the
/// file if it cannot be written.
class EventWriter {
 public:
  /// Creates the folder if need be, and in it events.out.tfevents.<seconds>.<host>.<process>.<serial>.
  explicit EventWriter(const std::filesystem::path& dir);

  /// Records `value` under `tag` ("train/loss") at `step`. Buffered: flush() makes it visible.
  void scalar(std::string_view tag, double value, int64_t step);
  void flush();

  const std::filesystem::path& path() const { return path_; }

 private:
  struct Closer {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };

  void write_record(const std::string& event);

  std::filesystem::path path_;
  std::unique_ptr<std::FILE, Closer> file_;
};

}  // namespace focus::io
