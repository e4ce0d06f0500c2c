#include "base/signatures.h"

#include <gtest/gtest.h>

#include <fstream>

#include "support/temporary_folder.h"

namespace focus {
namespace {

using namespace std::string_view_literals;

TEST(Signatures, ArchivesAreKnownByTheirFirstBytes) {
  EXPECT_EQ(archive_kind("PK\3\4 and more"), "a ZIP archive");
  EXPECT_EQ(archive_kind("\x1F\x8B\x08"), "compressed by gzip");
  EXPECT_EQ(archive_kind("BZh91AY"), "compressed by bzip2");
  // The six bytes of the .xz file format, section 2.1.1.1.
  constexpr char kXz[] = {char(0xFD), '7', 'z', 'X', 'Z', 0};
  EXPECT_EQ(archive_kind({kXz, sizeof kXz}), "compressed by xz");
  EXPECT_EQ(archive_kind("\x28\xB5\x2F\xFD"), "compressed by zstd");
  EXPECT_EQ(archive_kind("7z\xBC\xAF\x27\x1C"), "a 7-Zip archive");
  EXPECT_EQ(archive_kind(std::string(257, '\0') + "ustar"), "a tar archive");
  for (const auto text : {""sv, "PK"sv, "{\"images\": []}"sv, "7z"sv})
    EXPECT_EQ(archive_kind(text), "") << text;
}

TEST(Signatures, OfAFileThatIsNotThereOrIsAFolderTellNothing) {
  const test::TemporaryFolder folder;
  EXPECT_EQ(archive_kind_of(folder.path() / "none"), "");
  EXPECT_EQ(archive_kind_of(folder.path()), "");
  std::ofstream(folder.path() / "set.gz", std::ios::binary) << "\x1F\x8B\x08 and more";
  EXPECT_EQ(archive_kind_of(folder.path() / "set.gz"), "compressed by gzip");
  std::ofstream(folder.path() / "empty");
  EXPECT_EQ(archive_kind_of(folder.path() / "empty"), "");
}

TEST(Signatures, TheFirstThatFitsTells) {
  constexpr Signature kinds[] = {{2, "cd"sv, "late"}, {0, "ab"sv, "early"}};
  EXPECT_STREQ(kind_among(kinds, "abcd"), "late");
  EXPECT_STREQ(kind_among(kinds, "ab"), "early");
  EXPECT_EQ(kind_among(kinds, "b"), nullptr);
}

}  // namespace
}  // namespace focus
