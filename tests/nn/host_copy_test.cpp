#include "nn/host_copy.h"

#include <gtest/gtest.h>

#include "support/stand_in_device.h"

namespace focus::test {
namespace {

TEST(HostCopy, HasTheNumbersOfWhenItWasStarted) {
  const auto numbers = at::arange(12, at::kDouble).view({3, 4});
  auto there = numbers.to(stand_in_device());
  const nn::HostCopy copy(there);
  there.zero_();
  EXPECT_TRUE(copy.wait().is_cpu());
  EXPECT_TRUE(copy.wait().equal(numbers));
}

TEST(HostCopy, OfTheCpuIsTheTensorItself) {
  const auto here = at::ones({2});
  EXPECT_TRUE(nn::HostCopy(here).wait().is_same(here));
}

}  // namespace
}  // namespace focus::test
