#include "io/pytorch/pickle_text.h"

#include <algorithm>

#include "base/numbers.h"
#include "base/utf8.h"

namespace focus::io {
namespace {

/// The number in the first `digits` digits of `text`; none if they are not that many digits.
std::optional<uint32_t> digits_of(std::string_view text, size_t digits, int base) {
  return text.size() < digits ? std::nullopt : parse_number<uint32_t>(text.substr(0, digits), base);
}

}  // namespace

bool Latin1Decoder::add(std::string_view utf8) {
  for (const char c : utf8) {
    const auto byte = static_cast<uint8_t>(c);
    uint8_t decoded = byte;
    if (lead_ != 0) {
      if ((byte & 0xc0) != 0x80) return false;
      decoded = static_cast<uint8_t>(lead_ << 6 | (byte & 0x3f));
      lead_ = 0;
    } else if (byte >= 0x80) {
      if (byte != 0xc2 && byte != 0xc3) return false;
      lead_ = byte;
      continue;
    }
    if (left_ == 0) return false;
    *next_++ = decoded;
    --left_;
  }
  return true;
}

std::optional<std::string> bytes_of_latin1(std::string_view utf8) {
  const auto characters = std::count_if(utf8.begin(), utf8.end(),
                                        [](char c) { return (static_cast<uint8_t>(c) & 0xc0) != 0x80; });
  std::string bytes(static_cast<size_t>(characters), '\0');
  Latin1Decoder decoder(bytes.data(), bytes.size());
  if (!decoder.add(utf8) || !decoder.complete()) return std::nullopt;
  return bytes;
}

std::optional<std::string> unquote_python(std::string_view literal) {
  if (literal.size() < 2 || literal.front() != literal.back()) return std::nullopt;
  if (literal.front() != '\'' && literal.front() != '"') return std::nullopt;
  std::string_view rest = literal.substr(1, literal.size() - 2);
  std::string text;
  while (!rest.empty()) {
    const char c = rest.front();
    rest.remove_prefix(1);
    if (c != '\\') {
      text += c;
      continue;
    }
    if (rest.empty()) return std::nullopt;
    const char escape = rest.front();
    rest.remove_prefix(1);
    static constexpr std::string_view kEscapes = "\\'\"abfnrtv", kMeanings = "\\'\"\a\b\f\n\r\t\v";
    if (const size_t known = kEscapes.find(escape); known != std::string_view::npos) {
      text += kMeanings[known];
    } else if (escape == 'x') {
      const auto value = digits_of(rest, 2, 16);
      if (!value) return std::nullopt;
      text += static_cast<char>(*value);
      rest.remove_prefix(2);
    } else if (escape >= '0' && escape <= '7') {
      uint32_t value = static_cast<uint32_t>(escape - '0');
      for (int i = 0; i < 2 && !rest.empty() && rest.front() >= '0' && rest.front() <= '7'; ++i) {
        value = value * 8 + static_cast<uint32_t>(rest.front() - '0');
        rest.remove_prefix(1);
      }
      text += static_cast<char>(value);
    } else {
      text += '\\';
      text += escape;
    }
  }
  return text;
}

std::optional<std::string> decode_raw_unicode_escape(std::string_view text) {
  std::string decoded;
  while (!text.empty()) {
    const size_t digits = text.substr(0, 2) == "\\u" ? 4 : text.substr(0, 2) == "\\U" ? 8 : 0;
    if (digits == 0) {
      append_utf8(decoded, static_cast<uint8_t>(text.front()));
      text.remove_prefix(1);
      continue;
    }
    const auto value = digits_of(text.substr(2), digits, 16);
    if (!value || *value > 0x10ffff) return std::nullopt;
    append_utf8(decoded, *value);
    text.remove_prefix(2 + digits);
  }
  return decoded;
}

}  // namespace focus::io
