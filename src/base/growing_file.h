// A file that grows line by line while a program works, such as a log.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace focus {

/// Appends to a file. Bytes that cannot be written, as on a full disk, are kept in memory and written before
/// later ones, so that the file never has a gap. For one thread at a time.
class GrowingFile {
 public:
  enum class Start {
    kAppend,  ///< After the existing content.
    kNew,     ///< The file must not exist.
  };

  /// Throws Error naming the file if it cannot be opened.
  GrowingFile(std::filesystem::path path, Start start);
  ~GrowingFile();
  GrowingFile(const GrowingFile&) = delete;
  GrowingFile& operator=(const GrowingFile&) = delete;

  /// Queues bytes for the next flush().
  void append(std::string_view bytes) { waiting_ += bytes; }
  /// Writes all queued bytes. Throws Error naming the file and the reason if some cannot be written.
  void flush();

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
  int descriptor_ = -1;
  std::string waiting_;
};

}  // namespace focus
