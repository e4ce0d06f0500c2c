// AVIs of which a test takes something away.
#pragma once

#include <cstdint>
#include <cstring>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

namespace focus::test {

/// The chunks of an AVI without sound, and its index.
class AviChunks {
 public:
  explicit AviChunks(std::string bytes) : bytes_(std::move(bytes)) {
    movi_ = bytes_.rfind("movi00d");
    if (movi_ == std::string::npos) throw std::runtime_error("no AVI with a video alone");
    const size_t end = movi_ + number(movi_ - 4);
    for (size_t at = movi_ + 4; at + 8 <= end;) {
      const size_t size = 8 + (number(at + 4) + 1) / 2 * 2;
      chunks_.push_back(bytes_.substr(at, size));
      at += size;
    }
    head_ = bytes_.substr(0, movi_ - 4);
    index_ = bytes_.substr(end);
  }

  std::vector<std::string>& chunks() { return chunks_; }
  size_t count() const { return chunks_.size(); }
  /// Whether a frame needs no other, as the index says.
  bool is_key(size_t chunk) const { return (index_[8 + 16 * chunk + 4] & 16) != 0; }

  /// The file without these chunks. With `listed` the index still names them.
  std::string without(const std::set<size_t>& gone, bool listed) const {
    std::string list = "movi", index;
    for (size_t i = 0; i < chunks_.size(); ++i) {
      if (gone.count(i) > 0) continue;
      index += index_.substr(8 + 16 * i, 8) + text(static_cast<uint32_t>(list.size())) +
               index_.substr(8 + 16 * i + 12, 4);
      list += chunks_[i];
    }
    const std::string tail = listed ? index_ : "idx1" + text(static_cast<uint32_t>(index.size())) + index;
    std::string all = head_ + text(static_cast<uint32_t>(list.size())) + list + tail;
    return all.replace(4, 4, text(static_cast<uint32_t>(all.size() - 8)));
  }
  std::string whole() const { return without({}, true); }

 private:
  uint32_t number(size_t at) const {
    uint32_t value = 0;
    std::memcpy(&value, bytes_.data() + at, 4);
    return value;
  }
  static std::string text(uint32_t value) { return {reinterpret_cast<const char*>(&value), sizeof value}; }

  std::string bytes_, head_, index_;
  size_t movi_ = 0;
  std::vector<std::string> chunks_;
};

}  // namespace focus::test
