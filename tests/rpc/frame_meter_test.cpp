#include "rpc/frame_meter.h"

#include <gtest/gtest.h>

#include <string>

namespace focus::rpc {
namespace {

bool feed(FrameMeter& meter, const std::string& bytes) {
  return meter.feed(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
}

TEST(FrameMeter, KnowsWhereFramesEnd) {
  const std::string preface(24, 'P'), settings(9, '\0'),
      ping = std::string("\0\0\x08", 3) + std::string(14, '\0');
  FrameMeter meter;
  EXPECT_FALSE(meter.between_frames()) << "the preface is awaited";
  EXPECT_FALSE(feed(meter, preface));
  EXPECT_TRUE(meter.between_frames());
  EXPECT_TRUE(feed(meter, settings));
  EXPECT_TRUE(meter.between_frames());
  EXPECT_TRUE(feed(meter, ping.substr(0, 5)));
  EXPECT_FALSE(meter.between_frames());
  EXPECT_FALSE(feed(meter, ping.substr(5, 6)));
  EXPECT_FALSE(meter.between_frames());
  EXPECT_TRUE(feed(meter, ping.substr(11) + ping.substr(0, 1))) << "the next one began";
  EXPECT_FALSE(meter.between_frames());
}

}  // namespace
}  // namespace focus::rpc
