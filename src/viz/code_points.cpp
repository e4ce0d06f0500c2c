#include "viz/code_points.h"

#include <algorithm>

namespace focus::viz {
namespace {

constexpr char32_t kReplacement = 0xFFFD;

// RFC 3629: one character from the front of the text, which gets shorter.
char32_t take(std::string_view& text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  const size_t length = first < 0x80             ? 1
                        : (first & 0xE0) == 0xC0 ? 2
                        : (first & 0xF0) == 0xE0 ? 3
                        : (first & 0xF8) == 0xF0 ? 4
                                                 : 0;
  size_t taken = 1;
  char32_t value = length == 1 ? first : first & (0x7FU >> length);
  while (taken < std::min(length, text.size()) && (byte(taken) & 0xC0) == 0x80) {
    value = value << 6 | (byte(taken++) & 0x3FU);
  }
  text.remove_prefix(taken);
  static constexpr char32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = value >= 0xD800 && value <= 0xDFFF;
  const bool fine =
      length > 0 && taken == length && value >= kLeast[length] && value <= 0x10FFFF && !surrogate;
  return fine ? value : kReplacement;
}

// Direction marks, joiners, the soft hyphen, variation selectors and the byte order mark.
bool is_invisible(char32_t c) {
  return c == 0xAD || (c >= 0x200B && c <= 0x200F) || (c >= 0x202A && c <= 0x202E) ||
         (c >= 0x2060 && c <= 0x2064) || (c >= 0xFE00 && c <= 0xFE0F) || c == 0xFEFF;
}

// The Unicode Standard, section 3.12: a leading consonant and a vowel are a syllable, to which a trailing
// consonant may be added.
bool join_hangul(std::u32string& text, char32_t next) {
  constexpr char32_t kSyllable = 0xAC00, kLeading = 0x1100, kVowel = 0x1161, kTrailing = 0x11A7;
  constexpr char32_t kLeadings = 19, kVowels = 21, kTrailings = 28;
  if (text.empty()) return false;
  char32_t& last = text.back();
  if (last >= kLeading && last < kLeading + kLeadings && next >= kVowel && next < kVowel + kVowels) {
    last = kSyllable + ((last - kLeading) * kVowels + (next - kVowel)) * kTrailings;
    return true;
  }
  const bool open = last >= kSyllable && last < kSyllable + kLeadings * kVowels * kTrailings &&
                    (last - kSyllable) % kTrailings == 0;
  if (open && next > kTrailing && next < kTrailing + kTrailings) {
    last += next - kTrailing;
    return true;
  }
  return false;
}

}  // namespace

std::u32string code_points(std::string_view utf8) {
  std::u32string text;
  while (!utf8.empty()) {
    const char32_t c = take(utf8);
    if (is_invisible(c) || join_hangul(text, c)) continue;
    text += c < 0x20 || c == 0x7F ? U' ' : c;
  }
  return text;
}

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

}  // namespace focus::viz
