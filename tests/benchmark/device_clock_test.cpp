#include "benchmark/device_clock.h"

#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "support/stand_in_device.h"

namespace focus::test {
namespace {

TEST(DeviceClock, MeasuresFromTheLastStart) {
  for (const c10::Device device : {c10::Device(at::kCPU), stand_in_device()}) {
    const auto clock = benchmark::device_clock(device);
    clock->start();
    // Time itself is what is measured.
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    const double first = clock->seconds();
    EXPECT_GE(first, 0.02) << device;
    EXPECT_GE(clock->seconds(), first) << device;
    // However long the machine halts in between, the second start came later.
    const auto begin = std::chrono::steady_clock::now();
    clock->start();
    const double again = clock->seconds();
    EXPECT_LE(again, std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count())
        << device;
  }
}

}  // namespace
}  // namespace focus::test
