#include "nn/reference_path.h"

#include <gtest/gtest.h>

#include <thread>

namespace focus::test {
namespace {

using nn::ReferencePath;

TEST(ReferencePath, HoldsWhileOneLivesInThisThread) {
  EXPECT_FALSE(ReferencePath::active());
  {
    const ReferencePath outer;
    { const ReferencePath inner; }
    EXPECT_TRUE(ReferencePath::active());
    bool elsewhere = true;
    std::thread([&] { elsewhere = ReferencePath::active(); }).join();
    EXPECT_FALSE(elsewhere);
  }
  EXPECT_FALSE(ReferencePath::active());
}

}  // namespace
}  // namespace focus::test
