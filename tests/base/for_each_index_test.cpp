#include "base/for_each_index.h"

#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>

namespace {

using focus::for_each_index;

TEST(ForEachIndex, CallsEachOnce) {
  std::vector<std::atomic<int>> calls(1000);
  for_each_index(calls.size(), [&](size_t i) { ++calls[i]; });
  for (const auto& count : calls) EXPECT_EQ(count, 1);
  for_each_index(0, [](size_t) { FAIL(); });
}

TEST(ForEachIndex, ExceptionsReachTheCaller) {
  std::atomic<int> calls = 0;
  try {
    for_each_index(1'000'000, [&](size_t i) {
      ++calls;
      if (i % 2 == 1) throw std::runtime_error("odd");
    });
    ADD_FAILURE() << "nothing thrown";
  } catch (const std::runtime_error& error) {
    EXPECT_STREQ(error.what(), "odd");
  }
  EXPECT_LT(calls, 1'000'000) << "nothing more is begun after a fault";
  EXPECT_THROW(for_each_index(1, [](size_t) { throw 7; }), int);
}

}  // namespace
