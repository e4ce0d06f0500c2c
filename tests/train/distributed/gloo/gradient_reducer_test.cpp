#include "train/distributed/gradient_reducer.h"

#include <gtest/gtest.h>

#include "train/distributed/gloo/worlds.h"

namespace focus::train {
namespace {

/// Three parameters; the middle one is used by rank 1 alone, the last by nobody.
struct Toy {
  std::vector<at::Tensor> parameters{at::ones({3}).requires_grad_(), at::ones({2, 2}).requires_grad_(),
                                     at::ones({5}).requires_grad_()};
  at::Tensor loss(int rank) const {
    auto sum = (parameters[0] * (rank + 1)).sum();
    if (rank == 1) sum = sum + (parameters[1] * 4).sum();
    return sum;
  }
};

class ReducerBuckets : public testing::TestWithParam<int64_t> {};

TEST_P(ReducerBuckets, GradientsBecomeMeans) {
  test::in_world(2, [](Collective& all) {
    const Toy toy;
    GradientReducer reducer(toy.parameters, all, GetParam());
    for (int step = 1; step <= 2; ++step) {
      reducer.begin();
      toy.loss(all.world().rank).backward();
      reducer.finish();
      EXPECT_TRUE(toy.parameters[0].grad().allclose(at::full({3}, 1.5))) << toy.parameters[0].grad();
      EXPECT_TRUE(toy.parameters[1].grad().allclose(at::full({2, 2}, 2.0)));
      EXPECT_FALSE(toy.parameters[2].grad().defined()) << "used by nobody";
      for (auto parameter : toy.parameters) parameter.mutable_grad().reset();
    }
  });
}

TEST_P(ReducerBuckets, AccumulatedGradientsAreSentOnce) {
  test::in_world(2, [](Collective& all) {
    const Toy toy;
    GradientReducer reducer(toy.parameters, all, GetParam());
    toy.loss(all.world().rank).backward();  // Stays here.
    EXPECT_TRUE(toy.parameters[0].grad().allclose(at::full({3}, all.world().rank + 1.0)));
    reducer.begin();
    (toy.parameters[0] * 10).sum().backward();
    reducer.finish();
    EXPECT_TRUE(toy.parameters[0].grad().allclose(at::full({3}, 11.5)));
    EXPECT_TRUE(toy.parameters[1].grad().allclose(at::full({2, 2}, 2.0))) << "of the first pass";
  });
}

// One bucket for each parameter, and one for all.
INSTANTIATE_TEST_SUITE_P(Sizes, ReducerBuckets, testing::Values(1, 1 << 20));

}  // namespace
}  // namespace focus::train
