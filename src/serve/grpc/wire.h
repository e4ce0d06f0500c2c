// The wire format of protocol buffers. https://protobuf.dev/programming-guides/encoding
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace focus::serve::grpc {

/// One field of a message.
struct WireField {
  enum class Kind { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

  uint32_t number = 0;
  Kind kind = Kind::kVarint;
  uint64_t value = 0;      ///< of numbers
  std::string_view bytes;  ///< of texts, messages and packed numbers; within the message
};

/// Reads the fields of a message one after the other. Copies nothing, so it takes no memory beyond the
/// message.
class WireReader {
 public:
  explicit WireReader(std::string_view message) : rest_(message) {}

  /// Reads the next field; false at the end. Throws HttpError 400 if the bytes are not a message.
  bool next(WireField& field);
  /// Reads the next of packed numbers. Throws HttpError 400 if there is none.
  uint64_t varint();
  bool at_end() const { return rest_.empty(); }

 private:
  uint64_t fixed(size_t bytes);

  std::string_view rest_;
};

/// Writes a message. Fields with their default values are left out, as in protobuf.
class WireWriter {
 public:
  void number(uint32_t field, uint64_t value);
  void flag(uint32_t field, bool value) { number(field, value ? 1 : 0); }
  void text(uint32_t field, std::string_view value);
  /// Writes a message, or an element of a repeated text, even if it is empty.
  void element(uint32_t field, std::string_view value);
  void packed(uint32_t field, const std::vector<int64_t>& values);

  const std::string& bytes() const { return bytes_; }
  std::string take() { return std::move(bytes_); }

 private:
  void varint(uint64_t value);
  void tag(uint32_t field, WireField::Kind kind);

  std::string bytes_;
};

}  // namespace focus::serve::grpc
