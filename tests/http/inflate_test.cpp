#include "http/inflate.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include "http/error.h"
#include "http/packed.h"

namespace focus::http {
namespace {

using test::packed;

int status_of(const std::string& bytes, Coding coding, size_t most, size_t budget = size_t{1} << 30) {
  const auto bytes_together = std::make_shared<ByteBudget>(budget);
  int status = 200;
  try {
    HeldBytes held(bytes_together);
    const auto text = inflated(bytes, coding, most, held);
    EXPECT_LE(text.size(), most);
    EXPECT_GE(held.held(), text.size());
  } catch (const HttpError& error) {
    status = error.status();
  }
  EXPECT_EQ(bytes_together->used(), 0u);
  return status;
}

TEST(Inflate, KnowsItsCodings) {
  EXPECT_EQ(coding_of(""), Coding::kNone);
  EXPECT_EQ(coding_of("identity"), Coding::kNone);
  EXPECT_EQ(coding_of(" GZip "), Coding::kGzip);
  EXPECT_EQ(coding_of("x-gzip"), Coding::kGzip);
  EXPECT_EQ(coding_of("deflate"), Coding::kDeflate);
  for (const auto* other : {"br", "zstd", "gzip, gzip", "gzip, deflate", "gzi"})
    EXPECT_FALSE(coding_of(other)) << other;
}

TEST(Inflate, UnpacksWhatWasPacked) {
  std::string text;
  for (int i = 0; i < 100000; ++i) text += std::to_string(i * 7919 % 1000);
  for (const auto coding : {Coding::kGzip, Coding::kDeflate}) {
    for (const auto& original : {text, std::string(), std::string("a")}) {
      HeldBytes held;
      EXPECT_EQ(inflated(packed(original, coding), coding, original.size(), held), original);
    }
  }
  HeldBytes held;
  EXPECT_EQ(inflated(packed("ab", Coding::kGzip) + packed("cd", Coding::kGzip), Coding::kGzip, 4, held),
            "abcd");
}

TEST(Inflate, StopsBombs) {
  const auto bomb = packed(std::string(size_t{64} << 20, '\0'), Coding::kGzip);
  ASSERT_LT(bomb.size(), 100000u);
  EXPECT_EQ(status_of(bomb, Coding::kGzip, size_t{1} << 20), 413);
  EXPECT_EQ(status_of(bomb, Coding::kGzip, (size_t{64} << 20) - 1), 413);
  EXPECT_EQ(status_of(bomb, Coding::kGzip, size_t{64} << 20, size_t{1} << 20), 503);
  EXPECT_EQ(status_of(bomb, Coding::kGzip, size_t{64} << 20), 200);
}

TEST(Inflate, RefusesDamage) {
  const auto zlib = packed("some text, some text", Coding::kDeflate),
             gzip = packed("some text, some text", Coding::kGzip);
  EXPECT_EQ(status_of("", Coding::kGzip, 100), 400);
  EXPECT_EQ(status_of("no gzip at all", Coding::kGzip, 100), 400);
  EXPECT_EQ(status_of(zlib, Coding::kGzip, 100), 400);
  EXPECT_EQ(status_of(gzip, Coding::kDeflate, 100), 400);
  EXPECT_EQ(status_of(zlib + "x", Coding::kDeflate, 100), 400);
  EXPECT_EQ(status_of(gzip + "x", Coding::kGzip, 100), 400);
  for (const auto& [bytes, coding] : {std::pair{zlib, Coding::kDeflate}, {gzip, Coding::kGzip}}) {
    for (size_t size = 0; size < bytes.size(); ++size)
      EXPECT_EQ(status_of(bytes.substr(0, size), coding, 100), 400) << size;
    for (size_t i = 0; i < bytes.size(); ++i) {
      auto damaged = bytes;
      damaged[i] = static_cast<char>(damaged[i] ^ 0x55);
      status_of(damaged, coding, 100);  // Some bytes of gzip's head do not matter.
    }
    auto damaged = bytes;
    damaged[bytes.size() - (coding == Coding::kGzip ? 8 : 4)] ^= 1;  // The check sum.
    EXPECT_EQ(status_of(damaged, coding, 100), 400);
  }
  // Deflate without zlib's head, which is another format.
  EXPECT_EQ(status_of(zlib.substr(2, zlib.size() - 6), Coding::kDeflate, 100), 400);
}

}  // namespace
}  // namespace focus::http
