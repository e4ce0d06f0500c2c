#include "base/error.h"

namespace focus {

std::string printable(std::string text) {
  for (size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte < 0x20 || byte == 0x7f) text[i] = '?';
    // The second set of control characters, U+0080 to U+009F, takes two bytes each in UTF-8.
    const bool second_set = byte == 0xc2 && i + 1 < text.size() &&
                            static_cast<unsigned char>(text[i + 1]) >= 0x80 &&
                            static_cast<unsigned char>(text[i + 1]) < 0xa0;
    if (second_set) text.replace(i, 2, "?");
  }
  return text;
}

}  // namespace focus
