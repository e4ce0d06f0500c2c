#include "train/distributed/collective.h"

#include <gtest/gtest.h>

#include <chrono>

#include "base/error.h"
#include "support/stand_in_device.h"
#include "train/distributed/gloo/worlds.h"

namespace focus::train {
namespace {

TEST(Collective, SumsBroadcastsAndGathers) {
  test::in_world(3, [](Collective& all) {
    const int rank = all.world().rank;
    auto tensor = at::full({2, 3}, rank + 1.0, at::kFloat);
    all.sum(tensor);
    EXPECT_TRUE(tensor.equal(at::full({2, 3}, 6.0)));
    EXPECT_EQ(all.sum(0.5), 1.5);
    auto value = at::full({4}, rank, at::kLong);
    all.broadcast(value);
    EXPECT_TRUE(value.equal(at::zeros({4}, at::kLong)));
    EXPECT_EQ(all.broadcast(std::string(rank == 0 ? "from the first" : "")), "from the first");
    EXPECT_EQ(all.broadcast(std::string()), "");
    const auto parts = all.gather(std::string(static_cast<size_t>(rank), static_cast<char>('a' + rank)));
    EXPECT_EQ(parts, (std::vector<std::string>{"", "b", "cc"}));
    EXPECT_EQ(all.gather("").size(), 3U);
  });
}

TEST(Collective, TensorsOfOtherDevicesTravelThroughTheCpusMemory) {
  test::in_world(2, [](Collective& all) {
    const int rank = all.world().rank;
    auto tensor = at::full({3}, rank + 1.0, at::kFloat).to(test::stand_in_device());
    all.sum(tensor);
    EXPECT_TRUE(tensor.cpu().equal(at::full({3}, 3.0)));
    auto value = at::full({2}, rank + 5, at::kLong).to(test::stand_in_device());
    all.broadcast(value);
    EXPECT_TRUE(value.cpu().equal(at::full({2}, 5, at::kLong)));
  });
}

TEST(Collective, SumsMayBeUnderWayTogether) {
  test::in_world(2, [](Collective& all) {
    std::vector<at::Tensor> tensors;
    std::vector<std::unique_ptr<PendingSum>> pending;
    for (int i = 0; i < 20; ++i) tensors.push_back(at::full({1000}, i, at::kFloat));
    for (auto& tensor : tensors) pending.push_back(all.start_sum(tensor));
    for (auto& sum : pending) sum->wait();
    for (int i = 0; i < 20; ++i) EXPECT_EQ(tensors[static_cast<size_t>(i)][7].item<float>(), 2 * i);
  });
}

TEST(Collective, ALostWorkerIsNoticedAtOnce) {
  const auto start = std::chrono::steady_clock::now();
  test::in_world(
      2,
      [](Collective& all) {
        auto tensor = at::ones({1 << 20});
        all.sum(tensor);  // Both have met each other.
        if (all.world().rank == 1) return;
        try {
          for (int i = 0; i < 3; ++i) all.sum(tensor);
          FAIL() << "nobody was there to sum with";
        } catch (const Error& error) {
          const std::string text = error.what();
          EXPECT_NE(text.find("rank 0 of 2: another worker is gone"), std::string::npos) << text;
          EXPECT_EQ(text.find('\n'), std::string::npos);
        }
      },
      300);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20));
}

TEST(Collective, WhoComesAloneSaysSo) {
  World world;
  world.rank = 1;
  world.size = 2;
  world.port = test::unused_port();
  try {
    connect(world, 1);
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("cannot meet the others at 127.0.0.1"), std::string::npos)
        << error.what();
  }
}

}  // namespace
}  // namespace focus::train
