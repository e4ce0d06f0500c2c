#include "base/address.h"

#include <gtest/gtest.h>

namespace focus {
namespace {

TEST(HostAndPort, BracketsSetIPv6Apart) {
  EXPECT_EQ(host_and_port("127.0.0.1", 8080), "127.0.0.1:8080");
  EXPECT_EQ(host_and_port("localhost", 1), "localhost:1");
  EXPECT_EQ(host_and_port("::1", 8080), "[::1]:8080");
  EXPECT_EQ(host_and_port("fe80::1%eth0", 8080), "[fe80::1%eth0]:8080");
  EXPECT_EQ(host_and_port("[::1]", 8080), "[::1]:8080");
}

}  // namespace
}  // namespace focus
