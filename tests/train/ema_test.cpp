#include "train/ema.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "train/toy_module.h"

namespace focus::train {
namespace {

TEST(Ema, WarmRampThenDecay) {
  ToyModule model;
  auto weight = model.parameter("w", at::zeros({2}));
  auto mean = model.buffer("running_mean", at::zeros({2}));
  model.buffer("count", at::zeros({1}, at::kLong));
  Ema ema(model, 0.15);
  {
    const at::NoGradGuard no_grad;
    weight.fill_(1);
    mean.fill_(10);
  }
  ema.update();  // d = min(0.15, 1/10)
  double expected = 0.9;
  ema.update();  // d = min(0.15, 2/11): the decay
  expected = 0.15 * expected + 0.85;
  TensorMap state;
  export_tensors(ema.state(), "", state);
  EXPECT_EQ(state.size(), 3u) << "integer buffers are not averaged";
  EXPECT_NEAR(state.at("w")[0].item<float>(), expected, 1e-6);
  EXPECT_NEAR(state.at("running_mean")[1].item<float>(), 10 * expected, 1e-5);
  EXPECT_EQ(ema.updates(), 2);
}

TEST(Ema, ScopeSwapsInAndOutBitForBit) {
  at::manual_seed(1);
  ToyModule model;
  auto shared = std::make_shared<ToyModule>();
  auto weight = shared->parameter("w", at::randn({5}));
  model.register_module("a", shared);
  model.register_module("b", shared);
  Ema ema(model, 0.9);
  {
    const at::NoGradGuard no_grad;
    weight.add_(1);
  }
  ema.update();
  const auto trained = weight.detach().clone();
  const auto average = ema.state()[0].value.clone();
  EXPECT_FALSE(at::equal(trained, average));
  {
    const EmaScope scope(&ema);
    EXPECT_TRUE(at::equal(weight, average));
  }
  EXPECT_TRUE(at::equal(weight, trained)) << "a layer listed under two names is swapped back as well";
  EXPECT_TRUE(at::equal(ema.state()[0].value, average));
  EXPECT_TRUE(weight.requires_grad());
}

TEST(ImportTensors, NamesWhatDoesNotFit) {
  ToyModule model;
  model.parameter("a", at::zeros({2}));
  auto b = model.parameter("b", at::zeros({2, 3}));
  const auto message = [&](TensorMap map) -> std::string {
    try {
      import_tensors(map, "model.", "run/x", unique_tensors(model));
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  };
  const auto contains = [](const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
  };
  EXPECT_TRUE(contains(message({{"model.a", at::ones({2})}}), "run/x: tensor 'model.b' is missing"));
  const auto shape = message({{"model.a", at::ones({2})}, {"model.b", at::ones({3, 2})}});
  EXPECT_TRUE(contains(shape, "[3, 2]") && contains(shape, "[2, 3]")) << shape;
  EXPECT_TRUE(
      contains(message({{"model.a", at::ones({2})}, {"model.b", at::ones({2, 3}, at::kDouble)}}), "Double"));
  EXPECT_TRUE(contains(
      message({{"model.a", at::ones({2})}, {"model.b", at::ones({2, 3})}, {"model.c", at::ones({1})}}),
      "'model.c' has no place"));
  EXPECT_TRUE(at::equal(model.named_parameters()["a"], at::zeros({2})))
      << "nothing is changed by a refused load";
  EXPECT_EQ(message({{"model.a", at::ones({2})}, {"model.b", at::ones({2, 3})}, {"ema.c", at::ones({1})}}),
            "");
  EXPECT_TRUE(at::equal(b, at::ones({2, 3})));
}

}  // namespace
}  // namespace focus::train
