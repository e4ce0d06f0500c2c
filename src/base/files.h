// Files read with a size limit, and written so that nobody ever sees a partial one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <iosfwd>
#include <memory>
#include <optional>
#include <string>

namespace focus {

/// Calls `write` with a stream to a temporary file in the same folder, flushes it to the disk and renames it
/// to `path`. If anything fails, including an exception of `write`, the temporary file is removed and what
/// was at `path` stays. A symbolic link is followed; a device or pipe (/dev/stdout) is written to directly.
/// Throws Error naming the path and the reason: folder missing, not writable, disk full.
void write_atomically(const std::filesystem::path& path, const std::function<void(std::ostream&)>& write);

/// Writes a file in place, without waiting for the disk: for the many files of a folder that is itself
/// renamed when it is complete (new_folder.h). Throws Error naming the path and the reason.
void write_file(const std::filesystem::path& path, const std::function<void(std::ostream&)>& write);

/// Creates a folder and its missing parents. Throws Error naming the path if that fails.
void make_folder(const std::filesystem::path& path);

/// The whole content of a file, at most `max_bytes`. Throws Error if it cannot be read or is larger.
std::string read_file(const std::filesystem::path& path, uint64_t max_bytes);

/// The same; none if the file cannot be read or is larger.
std::optional<std::string> read_file_if_any(const std::filesystem::path& path, uint64_t max_bytes);

/// The first bytes of a regular file, at most `most`; empty if it is no such file or cannot be read.
std::string read_begin(const std::filesystem::path& path, size_t most);

/// A regular file read at given offsets. Throws Error naming the path if it cannot be opened or read.
class InputFile {
 public:
  explicit InputFile(std::filesystem::path path);
  ~InputFile();
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;

  const std::filesystem::path& path() const { return path_; }
  uint64_t size() const { return size_; }
  /// Reads `bytes` bytes from `offset`. Throws Error if the file ends before that.
  void read(uint64_t offset, void* into, size_t bytes) const;
  /// The whole content as memory that the system loads on access and shares with other processes. It outlives
  /// this object. If another process truncates the file meanwhile, an access ends this program (SIGBUS).
  /// Throws Error if the file is empty or cannot be mapped.
  std::shared_ptr<const std::byte> map() const;

 private:
  std::filesystem::path path_;
  int descriptor_ = -1;
  uint64_t size_ = 0;
};

}  // namespace focus
