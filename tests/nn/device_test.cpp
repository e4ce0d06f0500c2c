#include "nn/device.h"

#include <ATen/Context.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace focus::nn {
namespace {

std::string refusal(const std::string& name) {
  try {
    parse_device(name);
  } catch (const UsageError& error) {
    return error.what();
  }
  return "";
}

TEST(Device, IsNamedAsLibTorchDoes) {
  EXPECT_EQ(parse_device("cpu").str(), "cpu");
  for (const char* name : {"gpu", "cuda:", "cuda:-1", "cuda:x", "cuda:1x", "CUDA", "cud", ""}) {
    EXPECT_NE(refusal(name).find("it takes auto, cpu, cuda, or cuda:N"), std::string::npos) << name;
  }
}

TEST(Device, AMissingGpuIsSaid) {
  if (at::globalContext().hasCUDART()) {
    EXPECT_NE(refusal("cuda:9999"), "");
    return;
  }
  EXPECT_EQ(parse_device("auto").str(), "cpu");
  EXPECT_NE(refusal("cuda").find("has no CUDA; use device cpu"), std::string::npos);
  EXPECT_NE(refusal("cuda:3").find("device 'cuda:3'"), std::string::npos);
}

}  // namespace
}  // namespace focus::nn
