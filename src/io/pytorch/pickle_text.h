// How pickles write text: escapes in protocol 0, bytes as UTF-8 in protocols 0 to 2.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace focus::io {

/// Converts UTF-8 text of the characters 0 to 255 to bytes, piece by piece.
class Latin1Decoder {
 public:
  Latin1Decoder(void* into, uint64_t bytes) : next_(static_cast<uint8_t*>(into)), left_(bytes) {}
  /// False if it is not such text, or longer than fits.
  bool add(std::string_view utf8);
  /// Whether exactly the expected number of bytes was written.
  bool complete() const { return left_ == 0 && lead_ == 0; }

 private:
  uint8_t* next_;
  uint64_t left_;
  uint8_t lead_ = 0;  // first byte of a character whose second byte is still to come
};

/// The bytes that UTF-8 text of the characters 0 to 255 encodes.
std::optional<std::string> bytes_of_latin1(std::string_view utf8);

/// The value of a quoted Python string literal: 'it\'s\n'.
std::optional<std::string> unquote_python(std::string_view literal);

/// Text in which only \uXXXX and \UXXXXXXXX are escapes and bytes are Latin-1 characters, as UTF-8.
std::optional<std::string> decode_raw_unicode_escape(std::string_view text);

}  // namespace focus::io
