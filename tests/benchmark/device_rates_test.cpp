#include "benchmark/device_rates.h"

#include <gtest/gtest.h>

#include "support/stand_in_device.h"

namespace {

using namespace focus;

TEST(DeviceRates, AreThoseOfAComputer) {
  for (const c10::Device device : {c10::Device(at::kCPU), test::stand_in_device()}) {
    const double gflops = benchmark::matrix_gflops(device, at::kFloat, 256);
    EXPECT_GT(gflops, 0.01) << device;
    EXPECT_LT(gflops, 1e7) << device;
    const double gigabytes = benchmark::copy_gigabytes(device, 1 << 22);
    EXPECT_GT(gigabytes, 0.01) << device;
    EXPECT_LT(gigabytes, 1e5) << device;
  }
}

}  // namespace
