#include "io/pytorch/zip_archive.h"

#include "io/handmade.h"

namespace {

using focus::io::ZipArchive;
using focus::test::make_zip;
using focus::test::ZipItem;

class Zip : public focus::test::FileTest {
 protected:
  /// The message of opening the file and reading all of it.
  std::string error(const std::string& bytes) const {
    return error_of(bytes, [&] {
      const ZipArchive archive(path);
      for (const auto& [name, entry] : archive.entries()) archive.read(name, 1 << 20);
    });
  }
};

TEST_F(Zip, EntriesAreRead) {
  ASSERT_EQ(error(make_zip({{"a/b", "hello"}, {"folder/", ""}, {"empty", ""}})), "");
  const ZipArchive archive(path);
  EXPECT_EQ(archive.entries().size(), 2u);
  EXPECT_EQ(archive.read("a/b", 5), "hello");
  EXPECT_EQ(archive.read("empty", 5), "");
  EXPECT_EQ(archive.unpacked_bytes(), 5u);
  EXPECT_THROW(archive.read("a/b", 4), focus::Error);
  EXPECT_THROW(archive.read("c", 4), focus::Error);
  char memory[5];
  EXPECT_THROW(archive.read("a/b", memory, 4), focus::Error);
  archive.read("a/b", memory, 5);
  EXPECT_EQ(std::string(memory, 5), "hello");
}

TEST_F(Zip, DeflatedEntriesAreRead) {
  // One stored block, which deflate allows: its length, the length's complement, the bytes.
  const std::string block = std::string("\1\5\0\xfa\xff", 5) + "hello";
  const ZipItem item{"a", block, 8, 0, 5, -1, focus::test::crc32("hello")};
  ASSERT_EQ(error(make_zip({item})), "");
  EXPECT_EQ(ZipArchive(path).read("a", 5), "hello");
}

TEST_F(Zip, DamageIsNamed) {
  const std::string block = std::string("\1\5\0\xfa\xff", 5) + "hello";
  const struct {
    std::vector<ZipItem> items;
    const char* message;
  } cases[] = {
      {{{"a", "hello", 0, 0, -1, -1, 7}}, "CRC is wrong"},
      {{{"a", block, 8, 0, 5, -1, 7}}, "CRC is wrong"},
      {{{"a", "1"}, {"a", "2"}}, "twice"},
      {{{"a", "hello", 0, 1}}, "encrypted"},
      {{{"a", "hello", 12}}, "compression method 12"},
      {{{"a", "hello", 0, 0, 4'000'000'000, 4'000'000'000}}, ""},
      {{{"a", "hello", 0, 0, 6, 5}}, "claims to be 6 long"},
      {{{"a", block, 8, 0, 4'000'000'000, -1}}, "impossible"},
      {{{"a", block, 8, 0, 6, -1}}, ""},
      {{{"a", block, 8, 0, 4, -1}}, ""},
      {{{"a", "\7\7\7\7\7", 8, 0, 5, -1}}, ""},
  };
  for (const auto& c : cases) {
    const std::string message = error(make_zip(c.items));
    EXPECT_NE(message, "") << c.message;
    EXPECT_NE(message.find(c.message), std::string::npos) << c.message << ": " << message;
  }
}

TEST_F(Zip, EveryTruncationIsRefused) {
  const std::string whole = make_zip({{"a", "hello"}, {"b", "world"}});
  ASSERT_EQ(error(whole), "");
  for (size_t length = 0; length < whole.size(); ++length) {
    EXPECT_NE(error(whole.substr(0, length)), "") << length;
  }
}

TEST_F(Zip, FlippedBitsNeverCrash) {
  const std::string whole = make_zip({{"a", "hello"}, {"b", "world"}});
  for (size_t at = 0; at < whole.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string damaged = whole;
      damaged[at] = static_cast<char>(damaged[at] ^ 1 << bit);
      error(damaged);
    }
  }
}

TEST_F(Zip, WhatIsNoZipFile) {
  EXPECT_NE(error(""), "");
  EXPECT_NE(error("hello").find("not a readable zip file"), std::string::npos);
  EXPECT_THROW(ZipArchive(folder.path()), focus::Error);
  EXPECT_THROW(ZipArchive(folder.path() / "missing"), focus::Error);
}

}  // namespace
