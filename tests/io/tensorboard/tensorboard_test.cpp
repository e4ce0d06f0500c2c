#include "io/tensorboard/tensorboard.h"

#include <gtest/gtest.h>

#include <bit>
#include <chrono>
#include <map>

#include "base/error.h"
#include "base/files.h"
#include "io/tensorboard/crc32c.h"
#include "support/temporary_folder.h"

namespace {

using focus::io::crc32c;
using focus::io::EventWriter;
using focus::io::masked_crc32c;

TEST(Crc32c, KnownVectors) {
  // RFC 3720, appendix B.4, and the customary check value.
  std::string rising, falling;
  for (int i = 0; i < 32; ++i) rising += static_cast<char>(i), falling += static_cast<char>(31 - i);
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8a9136aau);
  EXPECT_EQ(crc32c(std::string(32, '\xff')), 0x62a8ab43u);
  EXPECT_EQ(crc32c(rising), 0x46dd794eu);
  EXPECT_EQ(crc32c(falling), 0x113fdb5cu);
  EXPECT_EQ(crc32c("123456789"), 0xe3069283u);
  EXPECT_EQ(crc32c(""), 0u);
}

/// Protocol buffer fields by number: varints and fixed values as numbers, strings as bytes.
struct Fields {
  std::map<int, uint64_t> numbers;
  std::map<int, std::string> bytes;
};

uint64_t take(std::string_view& from, size_t count) {
  uint64_t value = 0;
  EXPECT_LE(count, from.size());
  for (size_t i = 0; i < count; ++i) value |= uint64_t{static_cast<uint8_t>(from[i])} << (8 * i);
  from.remove_prefix(count);
  return value;
}

uint64_t take_varint(std::string_view& from) {
  uint64_t value = 0;
  for (int shift = 0;; shift += 7) {
    const uint64_t byte = take(from, 1);
    value |= (byte & 0x7f) << shift;
    if (byte < 0x80) return value;
  }
}

Fields decode(std::string_view message) {
  Fields fields;
  while (!message.empty()) {
    const uint64_t key = take_varint(message);
    const int field = static_cast<int>(key >> 3);
    if ((key & 7) == 0) fields.numbers[field] = take_varint(message);
    if ((key & 7) == 1) fields.numbers[field] = take(message, 8);
    if ((key & 7) == 5) fields.numbers[field] = take(message, 4);
    if ((key & 7) == 2) {
      const uint64_t length = take_varint(message);
      fields.bytes[field] = message.substr(0, length);
      message.remove_prefix(length);
    }
  }
  return fields;
}

/// The events of a file, after checking its framing.
std::vector<Fields> events_of(const std::filesystem::path& path) {
  const std::string content = focus::read_file(path, 1 << 20);
  std::string_view rest = content;
  std::vector<Fields> events;
  while (!rest.empty()) {
    const std::string_view length_bytes = rest.substr(0, 8);
    const uint64_t length = take(rest, 8);
    EXPECT_EQ(take(rest, 4), masked_crc32c(length_bytes));
    const std::string_view data = rest.substr(0, length);
    rest.remove_prefix(length);
    EXPECT_EQ(take(rest, 4), masked_crc32c(data));
    events.push_back(decode(data));
  }
  return events;
}

struct Tensorboard : testing::Test {
  focus::test::TemporaryFolder folder;
  std::filesystem::path dir = folder.path() / "runs" / "first";
};

TEST_F(Tensorboard, ScalarsCanBeReadBack) {
  EventWriter writer(dir);
  writer.scalar("train/loss", 1.5, 3);
  writer.scalar("AP", 0.25, 300'000'000'000);
  writer.flush();
  EXPECT_EQ(writer.path().filename().string().rfind("events.out.tfevents.", 0), 0u);
  EXPECT_EQ(focus::read_file(writer.path(), 1 << 20).substr(0, 13),
            std::string("\x18\0\0\0\0\0\0\0\xa3\x7fK\"\t", 13));
  const auto events = events_of(writer.path());
  ASSERT_EQ(events.size(), 3u);
  EXPECT_EQ(events[0].bytes.at(3), "brain.Event:2");
  const double now =
      std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  EXPECT_NEAR(std::bit_cast<double>(events[1].numbers.at(1)), now, 60);
  EXPECT_EQ(events[1].numbers.at(2), 3u);
  EXPECT_EQ(events[2].numbers.at(2), 300'000'000'000u);
  const Fields value = decode(decode(events[1].bytes.at(5)).bytes.at(1));
  EXPECT_EQ(value.bytes.at(1), "train/loss");
  EXPECT_EQ(std::bit_cast<float>(static_cast<uint32_t>(value.numbers.at(2))), 1.5f);
}

TEST_F(Tensorboard, AResumedRunAddsAFile) {
  EventWriter first(dir);
  first.scalar("loss", 1, 1);
  first.flush();
  EventWriter second(dir);
  second.scalar("loss", 0.5, 2);
  second.flush();
  EXPECT_NE(first.path(), second.path());
  EXPECT_EQ(events_of(first.path()).size(), 2u);
  EXPECT_EQ(events_of(second.path()).size(), 2u);
}

TEST_F(Tensorboard, AFolderThatCannotBeIsAnError) {
  EXPECT_THROW(EventWriter("/dev/null/run"), focus::Error);
}

TEST(Crc32c, MaskedAsInEveryEventFile) {
  // How event files begin: the first record is 24 bytes long, so its length and checksum are always these
  // bytes.
  EXPECT_EQ(masked_crc32c(std::string("\x18\0\0\0\0\0\0\0", 8)), 0x224b7fa3u);
}

}  // namespace
