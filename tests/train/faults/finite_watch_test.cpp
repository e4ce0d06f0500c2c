#include "train/faults/finite_watch.h"

#include <gtest/gtest.h>

#include <limits>

#include "models/tiny_model.h"
#include "train/detector_loss.h"
#include "train/tiny_batch.h"
#include "train/toy_module.h"

namespace focus::train {
namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();

/// x -> log(first(x)) -> second
struct TwoLayers : ToyModule {
  TwoLayers() {
    auto& body = child("body");
    first = body.child("first").parameter("weight", at::full({4, 4}, 0.5f));
    second = body.child("second").parameter("weight", at::full({4, 4}, 0.5f));
  }
  at::Tensor forward(const at::Tensor& x) const { return x.matmul(first.t()).log().matmul(second.t()); }
  at::Tensor first, second;
};

TEST(NotFiniteIn, NamesTheFirstValue) {
  EXPECT_EQ(not_finite_in(at::ones({3})), "");
  EXPECT_EQ(not_finite_in(at::tensor({1.f, kInf, 2.f})), "inf");
  EXPECT_EQ(not_finite_in(at::tensor({1.f, -kInf, std::nanf("")})), "-inf");
  EXPECT_EQ(not_finite_in(at::tensor({std::nan("")})), "nan");
  EXPECT_EQ(not_finite_in(at::ones({3}, at::kLong)), "");
  EXPECT_EQ(not_finite_in(at::Tensor()), "");
  EXPECT_EQ(not_finite_in(at::empty({0})), "");
}

TEST(FiniteWatch, NamesTheOperationAndTheModuleBeforeIt) {
  const TwoLayers model;
  const FiniteWatch watch(model);
  model.forward(at::ones({2, 4}));
  EXPECT_EQ(watch.first(), "");
  model.forward(-at::ones({2, 4}));
  EXPECT_EQ(watch.first(), "nan from aten::log after body.first (forward)");
}

TEST(FiniteWatch, NamesTheModuleThatOverflows) {
  const TwoLayers model;
  const FiniteWatch watch(model);
  model.forward(at::full({2, 4}, 3e38f));
  EXPECT_TRUE(watch.first().starts_with("inf from aten::")) << watch.first();
  EXPECT_NE(watch.first().find(" in body.first (forward)"), std::string::npos) << watch.first();
}

TEST(FiniteWatch, LooksAtTheBackwardPass) {
  const TwoLayers model;
  FiniteWatch watch(model);
  const auto x = at::zeros({2, 4}).set_requires_grad(true);
  const auto y = (x.matmul(model.first.t()) + 1e-30f).sqrt().sqrt().square();
  EXPECT_EQ(watch.first(), "");
  const auto z = (y - y).sqrt();
  watch.begin_backward();
  z.sum().backward();
  EXPECT_NE(watch.first().find("nan from aten::"), std::string::npos) << watch.first();
  EXPECT_NE(watch.first().find("(backward)"), std::string::npos) << watch.first();
}

TEST(FiniteWatch, LeavesMasksAndFreshMemoryAlone) {
  const TwoLayers model;
  const FiniteWatch watch(model);
  auto memory = at::empty({100000});
  at::zeros({3}).masked_fill_(at::arange(3).lt(1), -kInf).softmax(0);
  {
    const at::RecordFunctionGuard unseen(false);
    memory.fill_(std::nanf(""));
  }
  memory.slice(0, 5, 50).expand({2, 45});
  memory.unsqueeze_(0).transpose_(0, 1);
  EXPECT_EQ(watch.first(), "");
  memory.add(1);
  EXPECT_NE(watch.first(), "") << "it does watch";
}

class HealthyStep : public testing::TestWithParam<const char*> {};

TEST_P(HealthyStep, ShowsNothing) {
  at::manual_seed(1);
  RunOptions options;
  options.model = test::tiny_options();
  options.model.architecture = GetParam();
  options.loss.foreground.size_bounds = {16, 32, 64};
  const auto model = models::make_detector(options.model);
  model->train();
  const auto loss = detector_loss(*model, options);
  FiniteWatch watch(*model);
  const auto result = loss(test::tiny_batch(), 4);
  EXPECT_EQ(watch.first(), "");
  watch.begin_backward();
  result.total.backward();
  EXPECT_EQ(watch.first(), "");
}

INSTANTIATE_TEST_SUITE_P(Family, HealthyStep,
                         testing::Values("focus-detr", "dino", "deformable-detr", "sparse-detr",
                                         "sparse-dino", "detr"));

}  // namespace
}  // namespace focus::train
