#include "data/text_file.h"

#include <spdlog/fmt/fmt.h>

#include <optional>
#include <utility>

#include "base/error.h"
#include "base/files.h"
#include "base/signatures.h"
#include "base/utf8.h"

namespace focus::data {
namespace {

using namespace std::string_view_literals;

/// Nothing if it is broken.
std::optional<std::string> of_utf16(std::string_view text, bool big_endian) {
  if (text.size() % 2 != 0) return {};
  const auto unit = [&](size_t i) {
    const auto first = static_cast<unsigned char>(text[i]), second = static_cast<unsigned char>(text[i + 1]);
    return static_cast<uint32_t>(big_endian ? first << 8 | second : second << 8 | first);
  };
  std::string out;
  out.reserve(text.size() / 2);
  for (size_t i = 0; i < text.size(); i += 2) {
    const uint32_t high = unit(i);
    if (high < 0xD800 || high > 0xDFFF) {
      append_utf8(out, high);
      continue;
    }
    // Two units make one character beyond U+FFFF.
    if (high > 0xDBFF || i + 4 > text.size()) return {};
    const uint32_t low = unit(i + 2);
    if (low < 0xDC00 || low > 0xDFFF) return {};
    append_utf8(out, 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00));
    i += 2;
  }
  return out;
}

/// Whether UTF-16 text is big-endian, nothing if it is not UTF-16; `mark` becomes the length of its byte
/// order mark.
std::optional<bool> big_endian_of(std::string_view text, size_t& mark) {
  mark = 2;
  if (text.starts_with("\xFF\xFE"sv)) return false;
  if (text.starts_with("\xFE\xFF"sv)) return true;
  mark = 0;
  if (text.size() < 2 || text.size() % 2 != 0) return {};
  if (text[0] == '\0' && text[1] > 0) return true;
  if (text[1] == '\0' && text[0] > 0) return false;
  return {};
}

}  // namespace

std::string as_utf8(std::string text, const std::string& name) {
  if (text.starts_with("\xEF\xBB\xBF"sv)) return text.substr(3);
  if (const auto archive = archive_kind(text); !archive.empty()) {
    fail("{}: is {}; unpack it and name what is in it", name, archive);
  }
  if (text.starts_with("\xFF\xFE\0\0"sv) || text.starts_with("\0\0\xFE\xFF"sv)) {
    fail("{}: is UTF-32 text; save it as UTF-8 (iconv -f UTF-32 -t UTF-8)", name);
  }
  size_t mark = 0;
  const auto big_endian = big_endian_of(text, mark);
  if (!big_endian) return text;
  auto converted = of_utf16(std::string_view(text).substr(mark), *big_endian);
  if (!converted) {
    fail("{}: is truncated or broken UTF-16 text; save it again, as UTF-8 (iconv -f UTF-16 -t UTF-8)", name);
  }
  return std::move(*converted);
}

std::string read_text_file(const std::filesystem::path& path, uint64_t max_bytes) {
  return as_utf8(read_file(path, max_bytes), path.string());
}

}  // namespace focus::data
