#include "images/ffmpeg/decode_order.h"

#include <gtest/gtest.h>

namespace focus::images::ffmpeg {
namespace {

TEST(DecodeOrder, WithoutBFramesAPlaceIsATime) {
  DecodeOrder order;
  for (const int place : {0, 1, 4, 5}) {
    order.sent(place);
    EXPECT_EQ(order.due(place, 0), place);
  }
}

TEST(DecodeOrder, FramesAreShownWhenThePacketBehindTheDelayHasItsPlace) {
  // Sent as I P b b P b b: shown at 0, 2, 4, 6, 8, ... with every second place empty.
  DecodeOrder order;
  for (const int place : {0, 2, 4, 6, 8, 10, 12}) order.sent(place);
  const int own[]{0, 4, 6, 2, 10, 12, 8};
  for (int k = 0; k < 6; ++k) EXPECT_EQ(order.due(own[k], 1), 2 * k) << k;
  EXPECT_FALSE(order.due(own[6], 1)) << "nothing tells it";
}

TEST(DecodeOrder, AFrameThatWasLostLeavesItsPlace) {
  DecodeOrder order;
  for (int place = 0; place < 6; ++place) order.sent(place);
  EXPECT_EQ(order.due(0, 0), 0);
  EXPECT_EQ(order.due(1, 0), 1);
  EXPECT_EQ(order.due(4, 0), 4);
  EXPECT_EQ(order.due(5, 0), 5);
}

}  // namespace
}  // namespace focus::images::ffmpeg
