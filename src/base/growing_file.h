// A file that grows line by line while a program works, such as a log.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace focus {

/// Appends to a file. What cannot be written, as on a full disk, is kept in memory and written before what
/// comes later, so that the file never has a gap. One thread at a time.
class GrowingFile {
 public:
  enum class Start {
    kAppend,  ///< Behind what is there.
    kNew,     ///< There must be no such file.
  };

  /// Throws Error naming the file if it cannot be opened.
  GrowingFile(std::filesystem::path path, Start start);
  ~GrowingFile();
  GrowingFile(const GrowingFile&) = delete;
  GrowingFile& operator=(const GrowingFile&) = delete;

  /// Takes bytes to be written by the next flush().
  void append(std::string_view bytes) { waiting_ += bytes; }
  /// Writes all that is waiting. Throws Error naming the file and the reason if some of it still is.
  void flush();

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
  int descriptor_ = -1;
  std::string waiting_;
};

}  // namespace focus
