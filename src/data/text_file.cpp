#include "data/text_file.h"

#include <spdlog/fmt/fmt.h>

#include <array>
#include <fstream>
#include <optional>
#include <utility>

#include "base/error.h"
#include "base/files.h"

namespace focus::data {
namespace {

using namespace std::string_view_literals;

struct ArchiveSignature {
  size_t at;
  std::string_view bytes;
  const char* kind;
};

constexpr ArchiveSignature kArchiveSignatures[] = {
    {0, "PK\3\4"sv, "a ZIP archive"},
    {0, "PK\5\6"sv, "an empty ZIP archive"},
    {0, "\x1F\x8B"sv, "compressed by gzip"},
    {0, "BZh"sv, "compressed by bzip2"},
    {0, "\xFD" "7zXZ\0"sv, "compressed by xz"},
    {0, "\x28\xB5\x2F\xFD"sv, "compressed by zstd"},
    {0, "7z\xBC\xAF\x27\x1C"sv, "a 7-Zip archive"},
    {0, "Rar!"sv, "a RAR archive"},
    {257, "ustar"sv, "a tar archive"},
};

void append_code_point(std::string& out, uint32_t code) {
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xC0 | code >> 6);
    out += static_cast<char>(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    out += static_cast<char>(0xE0 | code >> 12);
    out += static_cast<char>(0x80 | (code >> 6 & 0x3F));
    out += static_cast<char>(0x80 | (code & 0x3F));
  } else {
    out += static_cast<char>(0xF0 | code >> 18);
    out += static_cast<char>(0x80 | (code >> 12 & 0x3F));
    out += static_cast<char>(0x80 | (code >> 6 & 0x3F));
    out += static_cast<char>(0x80 | (code & 0x3F));
  }
}

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
      append_code_point(out, high);
      continue;
    }
    // Two units make one character beyond U+FFFF.
    if (high > 0xDBFF || i + 4 > text.size()) return {};
    const uint32_t low = unit(i + 2);
    if (low < 0xDC00 || low > 0xDFFF) return {};
    append_code_point(out, 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00));
    i += 2;
  }
  return out;
}

/// Whether the text is UTF-16, and of which byte order; `mark` is the length of its mark.
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

std::string archive_kind(std::string_view begin) {
  for (const auto& signature : kArchiveSignatures) {
    if (begin.size() > signature.at && begin.substr(signature.at).starts_with(signature.bytes)) {
      return signature.kind;
    }
  }
  return {};
}

std::string archive_kind_of(const std::filesystem::path& file) {
  std::error_code fault;
  if (!std::filesystem::is_regular_file(file, fault)) return {};
  std::array<char, 512> begin;
  std::ifstream in(file, std::ios::binary);
  in.read(begin.data(), begin.size());
  return archive_kind(
      std::string_view(begin.data(), static_cast<size_t>(std::max<std::streamsize>(0, in.gcount()))));
}

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
    fail("{}: is UTF-16 text that is cut or broken; save it anew, as UTF-8 (iconv -f UTF-16 -t UTF-8)", name);
  }
  return std::move(*converted);
}

std::string read_text_file(const std::filesystem::path& path, uint64_t max_bytes) {
  return as_utf8(read_file(path, max_bytes), path.string());
}

}  // namespace focus::data
