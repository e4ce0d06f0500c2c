#include "serve/grpc/wire.h"

#include <gtest/gtest.h>

#include "http/error.h"

namespace focus::serve::grpc {
namespace {

using Kind = WireField::Kind;

std::string refusal_of(const std::string& message) {
  try {
    WireReader reader(message);
    WireField field;
    while (reader.next(field)) {
    }
  } catch (const http::HttpError& error) {
    return error.what();
  }
  return "";
}

TEST(Wire, ReadsWhatItWrites) {
  WireWriter writer;
  writer.number(1, 300);
  writer.number(2, 0);
  writer.text(3, "text");
  writer.text(4, "");
  writer.element(5, "");
  writer.packed(2000, {1, -1, 1000});
  writer.flag(6, true);
  const std::string bytes = writer.take();
  WireReader reader(bytes);
  WireField field;
  ASSERT_TRUE(reader.next(field));
  EXPECT_EQ(std::tuple(field.number, field.kind, field.value), std::tuple(1U, Kind::kVarint, uint64_t{300}));
  ASSERT_TRUE(reader.next(field));
  EXPECT_EQ(std::tuple(field.number, field.kind, field.bytes),
            std::tuple(3U, Kind::kBytes, std::string_view("text")));
  ASSERT_TRUE(reader.next(field));
  EXPECT_EQ(std::tuple(field.number, field.kind, field.bytes),
            std::tuple(5U, Kind::kBytes, std::string_view()));
  ASSERT_TRUE(reader.next(field));
  EXPECT_EQ(field.number, 2000U);
  WireReader packed(field.bytes);
  EXPECT_EQ(packed.varint(), 1U);
  EXPECT_EQ(static_cast<int64_t>(packed.varint()), -1);
  EXPECT_EQ(packed.varint(), 1000U);
  EXPECT_TRUE(packed.at_end());
  ASSERT_TRUE(reader.next(field));
  EXPECT_EQ(std::tuple(field.number, field.value), std::tuple(6U, uint64_t{1}));
  EXPECT_FALSE(reader.next(field));
}

TEST(Wire, FixedNumbersAreLittleEndian) {
  const std::string bytes("\x0D\x01\x02\x00\x00\x11\x01\x00\x00\x00\x00\x00\x00\x80", 14);
  WireReader reader(bytes);
  WireField field;
  ASSERT_TRUE(reader.next(field));
  EXPECT_EQ(std::tuple(field.kind, field.value), std::tuple(Kind::kFixed32, uint64_t{0x201}));
  ASSERT_TRUE(reader.next(field));
  EXPECT_EQ(std::tuple(field.kind, field.value), std::tuple(Kind::kFixed64, uint64_t{0x8000000000000001}));
}

TEST(Wire, DamageIsNamed) {
  EXPECT_NE(refusal_of("\x08").find("ends in the middle of a number"), std::string::npos);
  EXPECT_NE(refusal_of("\x0D\x01").find("ends in the middle of a number"), std::string::npos);
  EXPECT_NE(refusal_of(std::string("\x08") + std::string(10, '\xFF') + "\x01").find("more than 64 bits"),
            std::string::npos);
  EXPECT_NE(refusal_of("\x0A\x05"
                       "abc")
                .find("field 1 of the message has 5 bytes, but only 3 are left"),
            std::string::npos);
  EXPECT_NE(refusal_of(std::string("\0", 1)).find("number 0"), std::string::npos);
  EXPECT_NE(refusal_of("\x0B").find("unknown wire type"), std::string::npos) << "a group";
  EXPECT_NE(refusal_of("\x0A\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01").find("bytes, but only"),
            std::string::npos);
}

}  // namespace
}  // namespace focus::serve::grpc
