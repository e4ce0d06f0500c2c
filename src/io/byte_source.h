// Bytes read at given offsets, from a file or from memory.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

namespace focus::io {

/// Bytes of known length that can be read at any offset. Reading past the end throws Error.
class ByteSource {
 public:
  virtual ~ByteSource() = default;
  virtual uint64_t size() const = 0;
  virtual void read(uint64_t offset, void* into, size_t bytes) const = 0;
};

/// Opens a regular file (base/files.h); nothing of it is kept in memory.
std::shared_ptr<const ByteSource> file_bytes(const std::filesystem::path& path);

/// Holds `content` itself.
std::shared_ptr<const ByteSource> memory_bytes(std::string content, std::string name);

/// Reads forwards through a buffer, so that single bytes cost no system calls. If the source ends too early,
/// throws Error beginning with `name`.
class ByteReader {
 public:
  ByteReader(const ByteSource& source, uint64_t offset, std::string name);

  uint64_t position() const { return begin_ + next_; }
  uint64_t left() const { return source_.size() - position(); }
  uint8_t byte() {
    if (next_ == buffer_.size()) fill();
    return static_cast<uint8_t>(buffer_[next_++]);
  }
  /// A number of `count` bytes, at most 8, the least significant first.
  uint64_t little_endian(int count);
  /// `count` bytes, which must be available: check left() first.
  std::string take(size_t count);
  /// The text up to the next line feed, which is skipped.
  std::string line();
  void skip(uint64_t count);

 private:
  void fill();

  const ByteSource& source_;
  std::string name_;
  std::string buffer_;
  uint64_t begin_;   // where the buffer begins in the source
  size_t next_ = 0;  // in the buffer
};

}  // namespace focus::io
