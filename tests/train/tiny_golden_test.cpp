// The project's own numbers of a small model, kept in the repository (tests/golden/own_tiny_model.json): the reference's
// files hold every stage of the paper's model and are too large for it, so that a change of the arithmetic is seen without
// them, too. What the repository keeps of the reference itself is tests/golden/units.safetensors.
//
// This test wrote them (FOCUS_DETR_WRITE_GOLDEN=1) in float64 when the same code met the reference's files. Write them anew
// only for a change that is meant to change numbers, and say so in the commit.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "losses/criterion.h"
#include "models/decoders/postprocess.h"
#include "models/focus_detr.h"
#include "models/support.h"
#include "support/golden.h"

namespace focus::test {
namespace {

const std::filesystem::path kFile =
    std::filesystem::path(FOCUS_DETR_SOURCE_DIR) / "tests" / "golden" / "own_tiny_model.json";

/// Draws that depend on how many were made before, not on a generator's state.
class CountedDraws : public models::RandomSource {
 public:
  at::Tensor uniform(at::IntArrayRef shape) override { return tensor(next(), shape, 0.5, 0.5); }
  at::Tensor integers(int64_t low, int64_t high, at::IntArrayRef shape) override {
    return (tensor(next(), shape, 0.5, 0.5) * static_cast<double>(high - low)).floor().to(at::kLong) + low;
  }

 private:
  std::string next() { return "tiny/draw" + std::to_string(count_++); }
  int count_ = 0;
};

nlohmann::json numbers_of(const at::Tensor& x) {
  const auto all = at::cat({statistics(x), excerpt(x, 6).to(at::kDouble)}).contiguous();
  // Proposals of unusable tokens are infinite, which JSON cannot say.
  const auto finite = at::nan_to_num(all, 0, 1e30, -1e30);
  return std::vector<double>(finite.data_ptr<double>(), finite.data_ptr<double>() + finite.numel());
}

models::DetectorOptions tiny_options(const std::string& backbone) {
  models::DetectorOptions options;
  options.classes = 5;
  options.backbone = {backbone, "frozen", 1};
  options.transformer = {32, 4, 3, 4, 64, 2, 2, 30, true};
  options.focus = {0.5, {1.0, 0.5}, 20};
  options.denoising.queries = 6;
  options.max_detections = 20;
  return options;
}

/// An evaluation pass and a training step, in float64: numbers of every stage, loss and gradient.
nlohmann::json compute(const std::string& backbone) {
  models::FocusDetr model(tiny_options(backbone));
  fill_deterministic(model);
  model.to(at::kDouble);
  auto batch = batch_of({image("tiny/a", 96, 128), image("tiny/b", 80, 104)});
  batch.images = batch.images.to(at::kDouble);
  nlohmann::json numbers;

  model.eval();
  {
    at::NoGradGuard no_grad;
    models::Trace trace;
    const auto output = model.forward(batch, nullptr, &trace);
    for (const auto& [name, value] : trace.tensors) numbers["eval"][name] = numbers_of(value);
    const auto top = models::top_detections(output.layers.back(), 20);
    numbers["eval"]["det_scores"] = numbers_of(top.scores);
    numbers["eval"]["det_boxes_xyxy"] = numbers_of(models::pixel_boxes(top.boxes, batch.sizes));
  }

  model.train();
  model.set_random_source(std::make_shared<CountedDraws>());
  std::vector<nn::Target> targets(2);
  targets[0] = {at::tensor({1, 4, 0}, at::kLong), tensor("tiny/boxes0", {3, 4}, 0.15, 0.4), batch.sizes[0]};
  targets[1] = {at::tensor({2}, at::kLong), tensor("tiny/boxes1", {1, 4}, 0.15, 0.4), batch.sizes[1]};
  const auto loss = losses::Criterion()(model.forward(batch, &targets), targets);
  loss.total.backward();
  for (const auto& [name, value] : loss.weighted) numbers["loss"][name] = value.item<double>();
  for (const auto& item : model.named_parameters()) {
    if (item.value().grad().defined()) numbers["gradient"][item.key()] = numbers_of(item.value().grad());
  }
  return numbers;
}

void expect_equal(const nlohmann::json& expected, const nlohmann::json& found, const std::string& where) {
  ASSERT_EQ(expected.type(), found.type()) << where;
  if (expected.is_object()) {
    EXPECT_EQ(expected.size(), found.size()) << where;
    for (const auto& [name, value] : expected.items()) {
      ASSERT_TRUE(found.contains(name)) << where << "/" << name;
      expect_equal(value, found[name], where + "/" + name);
    }
  } else if (expected.is_array()) {
    ASSERT_EQ(expected.size(), found.size()) << where;
    double scale = 1e-3;
    for (const auto& value : expected) scale = std::max(scale, std::abs(value.get<double>()));
    for (size_t i = 0; i < expected.size(); ++i) {
      EXPECT_NEAR(expected[i].get<double>(), found[i].get<double>(), 1e-6 * scale)
          << where << "[" << i << "]";
    }
  } else {
    const double value = expected.get<double>();
    EXPECT_NEAR(value, found.get<double>(), 1e-7 * std::max(1.0, std::abs(value))) << where;
  }
}

TEST(TinyGolden, EveryStageLossAndGradient) {
  nlohmann::json found;
  for (const std::string backbone : {"resnet18", "mobilenet_v2"}) found[backbone] = compute(backbone);
  if (std::getenv("FOCUS_DETR_WRITE_GOLDEN")) {
    std::ofstream(kFile) << found.dump(0) << "\n";
    GTEST_SKIP() << "written: " << kFile;
  }
  ASSERT_TRUE(std::filesystem::exists(kFile));
  expect_equal(nlohmann::json::parse(std::ifstream(kFile)), found, "tiny");
}

}  // namespace
}  // namespace focus::test
