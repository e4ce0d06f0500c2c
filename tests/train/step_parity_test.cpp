// A training step against the reference's: queries, losses, assignments, gradients.
#include <gtest/gtest.h>

#include <fstream>

#include "losses/criterion.h"
#include "models/focus_detr.h"
#include "models/support.h"
#include "support/golden.h"

namespace focus::test {
namespace {

/// Draws the named streams of the golden file, in the order the reference drew them.
class NamedDraws : public models::RandomSource {
 public:
  at::Tensor uniform(at::IntArrayRef shape) override {
    const char* name = uniforms_++ == 0 ? "dn/p" : "dn/part";
    return rand(name, count(shape)).view(shape);
  }
  at::Tensor integers(int64_t low, int64_t high, at::IntArrayRef shape) override {
    const char* name = integers_++ == 0 ? "dn/label" : "dn/sign";
    return randint(name, low, high, count(shape)).view(shape);
  }

 private:
  static int64_t count(at::IntArrayRef shape) {
    int64_t n = 1;
    for (const int64_t size : shape) n *= size;
    return n;
  }
  int uniforms_ = 0, integers_ = 0;
};

struct TrainingStep {
  Golden golden{"train_focus"};
  nlohmann::json json = nlohmann::json::parse(std::ifstream(shared_dir() / "golden" / "train_focus.json"));
  std::shared_ptr<models::FocusDetr> model = std::make_shared<models::FocusDetr>(models::DetectorOptions{});
  std::vector<nn::Target> targets;
  models::Trace trace;
  nn::DetectorOutput output;
  losses::LossResult loss;

  TrainingStep() {
    fill_deterministic(*model);
    model->to(at::kDouble);
    model->train();
    model->set_random_source(std::make_shared<NamedDraws>());
    std::vector<at::Tensor> images;
    for (const auto& entry : json["images"]) {
      images.push_back(image(entry[0].get<std::string>(), entry[1], entry[2]));
      const auto& truth = json["gt"][targets.size()];
      nn::Target target;
      target.size = {entry[1].get<int64_t>(), entry[2].get<int64_t>()};
      target.labels = at::tensor(truth[1].get<std::vector<int64_t>>(), at::kLong);
      std::vector<float> boxes;
      for (const auto& box : truth[0]) {
        const auto w = static_cast<float>(target.size.width), h = static_cast<float>(target.size.height);
        const float x1 = box[0].get<float>() / w, y1 = box[1].get<float>() / h, x2 = box[2].get<float>() / w,
                    y2 = box[3].get<float>() / h;
        boxes.insert(boxes.end(), {(x1 + x2) / 2, (y1 + y2) / 2, x2 - x1, y2 - y1});
      }
      target.boxes = at::tensor(boxes).view({-1, 4});
      targets.push_back(target);
    }
    auto batch = batch_of(images);
    batch.images = batch.images.to(at::kDouble);
    output = model->forward(batch, &targets, &trace);
    loss = losses::Criterion()(output, targets);
    loss.total.backward();
  }
};

TEST(TrainingParityLong, StepOfTwoImagesOfDifferentSizes) {
  FOCUS_NEEDS_SHARED_DATA();
  TrainingStep step;
  const auto& golden = step.golden;
  const auto& t = step.trace.tensors;

  for (const char* name : {"mask0", "mask1", "mask2", "mask3", "spatial_shapes", "valid_token_nums",
                           "focus_token_nums", "layer_token_counts", "enc_topk_idx"}) {
    golden.expect_equal(name, t.at(name));
  }
  golden.expect_matches("valid_ratios", t.at("valid_ratios"), 0);
  golden.expect_matches("fg_score", t.at("fg_score"), 1e-4);
  golden.expect_matches("fg_score_masked", t.at("fg_score_masked"), 1e-4);
  golden.expect_matches("memory", t.at("memory"), 1e-4);
  golden.expect_matches("enc_class_max", t.at("enc_class_max"), 1e-4);
  golden.expect_matches("enc_ref_sigmoid", t.at("enc_ref_sigmoid"), 1e-5);
  golden.expect_matches("init_reference", t.at("init_reference"), 1e-5);
  golden.expect_matches("inter_references", t.at("inter_references"), 3e-5);
  for (const std::string l : {"0", "1", "2", "3", "4", "5"}) {
    golden.expect_matches("dec" + l + "_out", t.at("dec" + l + "_out"), 4e-4);
    golden.expect_matches("outputs_class" + l, t.at("outputs_class" + l), 5e-4);
    for (const auto& indices : {"fg_inds" + l, "oesm" + l + "_token_idx"}) {
      const auto expected = std::get<0>(golden.at(indices).to(at::kLong).sort(1));
      EXPECT_TRUE(std::get<0>(t.at(indices).sort(1)).equal(expected)) << indices;
    }
  }
  golden.expect_matches("outputs_coord", t.at("outputs_coord"), 3e-5);

  // Denoising: one group layout, predictions of its queries.
  ASSERT_TRUE(step.output.denoising);
  EXPECT_EQ(step.output.denoising->groups, step.json["dn_meta"]["dn_num"].get<int64_t>());
  EXPECT_EQ(step.output.denoising->group_size, step.json["dn_meta"]["single_padding"].get<int64_t>());
  std::vector<at::Tensor> boxes;
  for (const auto& layer : step.output.denoising->layers) boxes.push_back(layer.boxes);
  golden.expect_close("dn_outputs_coord", at::stack(boxes), 3e-5);
  golden.expect_matches("dn_outputs_class_last", step.output.denoising->layers.back().logits, 5e-4);

  // Assignments.
  for (const auto& [name, assignment] : step.loss.assignments) {
    for (size_t i = 0; i < assignment.size(); ++i) {
      const auto key = name + "_img" + std::to_string(i);
      golden.expect_equal(key + "_src", assignment[i].src);
      golden.expect_equal(key + "_tgt", assignment[i].tgt);
    }
  }

  // Losses, relative to the reference's.
  EXPECT_EQ(step.loss.weighted.size(), step.json["losses_weighted"].size());
  for (const auto& [name, value] : step.loss.weighted) {
    ASSERT_TRUE(step.json["losses_weighted"].contains(name)) << name;
    const double expected = step.json["losses_weighted"][name].get<double>();
    EXPECT_NEAR(value.item<double>(), expected, 1e-5 * std::max(1.0, std::abs(expected))) << name;
  }
  for (const auto& [name, value] : step.loss.raw) {
    const double expected = step.json["losses_raw"][name].get<double>();
    EXPECT_NEAR(value.item<double>(), expected, 1e-5 * std::max(1.0, std::abs(expected))) << name;
  }
  EXPECT_NEAR(step.loss.total.item<double>(), step.json["total_fp64"].get<double>(), 1e-4);

  // Gradients of every parameter: norm and sum, and the excerpts the file holds.
  const auto& gradients = step.json["grad_norm_sum_relerr64"];
  size_t compared = 0;
  for (const auto& item : step.model->named_parameters()) {
    const auto& name = item.key();
    if (!gradients.contains(name)) {
      EXPECT_FALSE(item.value().grad().defined() && item.value().requires_grad())
          << name << " has no golden gradient";
      continue;
    }
    ASSERT_TRUE(item.value().grad().defined()) << name;
    const auto grad = item.value().grad();
    const double norm = gradients[name][0].get<double>();
    // The file's gradients are float32: they carry the relative error the file states.
    const double tolerance = std::max(1e-5, 10 * gradients[name][2].get<double>());
    EXPECT_NEAR(grad.norm().item<double>(), norm, tolerance * norm + 1e-9) << name;
    const double scale = norm * std::sqrt(static_cast<double>(grad.numel()));
    EXPECT_NEAR(grad.sum().item<double>(), gradients[name][1].get<double>(), tolerance * scale + 1e-9)
        << name;
    if (golden.has("grad_sub/" + name)) {
      const auto expected = golden.at("grad_sub/" + name).to(at::kDouble);
      const auto found = excerpt(grad, expected.numel());
      EXPECT_LE((found - expected).abs().max().item<double>(), tolerance * norm + 1e-9) << name;
    }
    ++compared;
  }
  EXPECT_EQ(compared, gradients.size());
}

}  // namespace
}  // namespace focus::test
