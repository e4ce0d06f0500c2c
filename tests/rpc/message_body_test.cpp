#include "rpc/message_body.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include "http/error.h"

namespace focus::rpc {
namespace {

constexpr size_t kMostOfMessage = 100000;

std::string prefix(size_t size, char compressed = 0) {
  std::string bytes(1, compressed);
  for (const int shift : {24, 16, 8, 0}) bytes += static_cast<char>(size >> shift);
  return bytes;
}

/// As gzip, or in zlib's format.
std::string packed(const std::string& text, bool gzip) {
  z_stream stream{};
  deflateInit2(&stream, 9, Z_DEFLATED, gzip ? 31 : 15, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, text.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

/// The status it is refused with; 0: it is not.
int refused(const std::function<void()>& work) {
  try {
    work();
  } catch (const http::HttpError& error) {
    return error.status();
  }
  return 0;
}

class MessageBodyTest : public testing::Test {
 protected:
  MessageBody body(Coding coding = Coding::kNone) { return {kMostOfMessage, coding, budget_}; }
  std::shared_ptr<http::ByteBudget> budget_ = std::make_shared<http::ByteBudget>(2 * kMostOfMessage);
};

TEST_F(MessageBodyTest, IsCompleteWithItsLastByte) {
  auto message = body();
  const std::string bytes = prefix(5) + "hello";
  for (const char byte : bytes) {
    EXPECT_FALSE(message.complete());
    message.append({&byte, 1});
  }
  ASSERT_TRUE(message.complete());
  {
    const auto taken = message.take();
    EXPECT_EQ(taken.bytes, "hello");
    EXPECT_GE(budget_->used(), 5U);
  }
  EXPECT_EQ(budget_->used(), 0U);
}

TEST_F(MessageBodyTest, MayBeEmpty) {
  auto message = body();
  message.append(prefix(0));
  ASSERT_TRUE(message.complete());
  EXPECT_EQ(message.take().bytes, "");
}

TEST_F(MessageBodyTest, ATooLargeOneIsRefusedByItsLengthAlone) {
  auto message = body();
  EXPECT_EQ(refused([&] { message.append(prefix(kMostOfMessage + 1)); }), 413);
  auto huge = body();
  EXPECT_EQ(refused([&] { huge.append(prefix(0xFFFFFFFF)); }), 413);
  EXPECT_EQ(budget_->used(), 0U);
}

TEST_F(MessageBodyTest, WhatIsNoMessageIsRefused) {
  auto flag = body();
  EXPECT_EQ(refused([&] { flag.append(prefix(3, 2)); }), 400);
  auto second = body();
  second.append(prefix(1) + "a");
  EXPECT_EQ(refused([&] { second.append("b"); }), 400);
  auto unnamed = body();
  EXPECT_EQ(refused([&] { unnamed.append(prefix(3, 1)); }), 400) << "compressed, but not how";
}

TEST_F(MessageBodyTest, Decompresses) {
  const std::string text(kMostOfMessage, 'x');
  for (const bool gzip : {true, false}) {
    auto message = body(gzip ? Coding::kGzip : Coding::kDeflate);
    const auto small = packed(text, gzip);
    message.append(prefix(small.size(), 1) + small);
    EXPECT_EQ(message.take().bytes, text) << gzip;
    auto plain = body(Coding::kGzip);
    plain.append(prefix(2) + "ok");
    EXPECT_EQ(plain.take().bytes, "ok") << "each message says whether it is compressed";
  }
}

TEST_F(MessageBodyTest, WhatGrowsBeyondTheLimitIsRefused) {
  auto message = body(Coding::kGzip);
  const auto small = packed(std::string(kMostOfMessage + 1, 'x'), true);
  message.append(prefix(small.size(), 1) + small);
  EXPECT_EQ(refused([&] { message.take(); }), 413);
  auto damaged = body(Coding::kGzip);
  damaged.append(prefix(4, 1) + "junk");
  EXPECT_EQ(refused([&] { damaged.take(); }), 400);
}

TEST_F(MessageBodyTest, AllShareABudget) {
  std::vector<MessageBody> held;
  for (int i = 0; i < 2; ++i) {
    held.push_back(body());
    held.back().append(prefix(kMostOfMessage) + std::string(kMostOfMessage, 'x'));
  }
  auto third = body();
  EXPECT_EQ(refused([&] { third.append(prefix(kMostOfMessage) + "x"); }), 503);
  held.pop_back();
  auto fourth = body();
  EXPECT_EQ(refused([&] { fourth.append(prefix(kMostOfMessage) + "x"); }), 0);
}

}  // namespace
}  // namespace focus::rpc
