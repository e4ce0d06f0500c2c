#include "base/signatures.h"

#include "base/files.h"

namespace focus {
namespace {

using namespace std::string_view_literals;

constexpr Signature kArchives[] = {
    {0, "PK\3\4"sv, "a ZIP archive"},
    {0, "PK\5\6"sv, "an empty ZIP archive"},
    {0, "\x1F\x8B"sv, "compressed by gzip"},
    {0, "BZh"sv, "compressed by bzip2"},
    {0,
     "\xFD"
     "7zXZ\0"sv,
     "compressed by xz"},
    {0, "\x28\xB5\x2F\xFD"sv, "compressed by zstd"},
    {0, "7z\xBC\xAF\x27\x1C"sv, "a 7-Zip archive"},
    {0, "Rar!"sv, "a RAR archive"},
    {257, "ustar"sv, "a tar archive"},
};

}  // namespace

const char* kind_among(std::span<const Signature> signatures, std::string_view begin) {
  for (const auto& signature : signatures) {
    if (begin.size() > signature.at && begin.substr(signature.at).starts_with(signature.bytes)) {
      return signature.kind;
    }
  }
  return nullptr;
}

std::string archive_kind(std::string_view begin) {
  const char* kind = kind_among(kArchives, begin);
  return kind != nullptr ? kind : "";
}

std::string archive_kind_of(const std::filesystem::path& file) { return archive_kind(read_begin(file, 512)); }

}  // namespace focus
