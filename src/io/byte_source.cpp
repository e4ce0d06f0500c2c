#include "io/byte_source.h"

#include <algorithm>
#include <cstring>

#include "base/error.h"
#include "base/files.h"

namespace focus::io {
namespace {

constexpr uint64_t kBuffer = 1 << 16;

class FileBytes : public ByteSource {
 public:
  explicit FileBytes(const std::filesystem::path& path) : file_(path) {}
  uint64_t size() const override { return file_.size(); }
  void read(uint64_t offset, void* into, size_t bytes) const override { file_.read(offset, into, bytes); }

 private:
  InputFile file_;
};

class MemoryBytes : public ByteSource {
 public:
  MemoryBytes(std::string content, std::string name) : content_(std::move(content)), name_(std::move(name)) {}
  uint64_t size() const override { return content_.size(); }
  void read(uint64_t offset, void* into, size_t bytes) const override {
    if (offset > content_.size() || bytes > content_.size() - offset) {
      fail("{}: ends at byte {}; is the file complete?", name_, content_.size());
    }
    if (bytes > 0) std::memcpy(into, content_.data() + offset, bytes);
  }

 private:
  std::string content_, name_;
};

}  // namespace

std::shared_ptr<const ByteSource> file_bytes(const std::filesystem::path& path) {
  return std::make_shared<FileBytes>(path);
}

std::shared_ptr<const ByteSource> memory_bytes(std::string content, std::string name) {
  return std::make_shared<MemoryBytes>(std::move(content), std::move(name));
}

ByteReader::ByteReader(const ByteSource& source, uint64_t offset, std::string name)
    : source_(source), name_(std::move(name)), begin_(std::min(offset, source.size())) {}

void ByteReader::fill() {
  begin_ += next_;
  next_ = 0;
  const uint64_t available = source_.size() - begin_;
  buffer_.resize(std::min(available, kBuffer));
  if (buffer_.empty()) fail("{}: ends at byte {}; is the file complete?", name_, begin_);
  source_.read(begin_, buffer_.data(), buffer_.size());
}

uint64_t ByteReader::little_endian(int count) {
  uint64_t value = 0;
  for (int i = 0; i < count; ++i) value |= uint64_t{byte()} << (8 * i);
  return value;
}

std::string ByteReader::take(size_t count) {
  std::string taken(count, '\0');
  const size_t buffered = std::min(count, buffer_.size() - next_);
  std::copy_n(buffer_.data() + next_, buffered, taken.data());
  source_.read(begin_ + next_ + buffered, taken.data() + buffered, count - buffered);
  skip(count);
  return taken;
}

std::string ByteReader::line() {
  std::string text;
  for (;;) {
    if (next_ == buffer_.size()) fill();
    const size_t end = buffer_.find('\n', next_);
    text.append(buffer_, next_, (end == std::string::npos ? buffer_.size() : end) - next_);
    next_ = end == std::string::npos ? buffer_.size() : end + 1;
    if (end != std::string::npos) return text;
  }
}

void ByteReader::skip(uint64_t count) {
  if (count > left()) fail("{}: ends at byte {}; is the file complete?", name_, source_.size());
  if (count <= buffer_.size() - next_) {
    next_ += static_cast<size_t>(count);
    return;
  }
  begin_ += next_ + count;
  next_ = 0;
  buffer_.clear();
}

}  // namespace focus::io
