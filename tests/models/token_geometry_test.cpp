#include "models/token_geometry.h"

#include <gtest/gtest.h>

#include "models/output_memory.h"
#include "models/tiny_model.h"
#include "support/deterministic.h"

namespace focus::test {
namespace {

nn::ImageBatch image_of(int64_t height, int64_t width) {
  return batch_of({image("test/geometry", height, width)});
}

at::Tensor boxes_of(models::Detector& model, const nn::ImageBatch& batch) {
  at::NoGradGuard no_grad;
  return model.forward(batch).layers.back().boxes;
}

std::shared_ptr<models::Detector> detector_of(const char* architecture) {
  auto options = tiny_options();
  options.architecture = architecture;
  return tiny_detector(options);
}

void move_level_embeds(models::Detector& model) {
  at::NoGradGuard no_grad;
  int64_t moved = 0;
  for (auto& entry : model.named_parameters()) {
    if (entry.key().find("level_embeds") == std::string::npos) continue;
    entry.value().data().add_(0.5);  // As an optimiser: autograd counts no change.
    ++moved;
  }
  ASSERT_EQ(moved, 1);
}

// Its own module, as a transformer is one.
struct Holder : torch::nn::Module {};

TEST(OutputMemoryOfAllTokens, IsThatOfTokensSetToZero) {
  Holder holder;
  const models::OutputMemory output(holder, 32);
  const auto memory = tensor("test/output-memory", {2, 50, 32});
  models::TokenProposals proposals;
  proposals.invalid = at::zeros({2, 50}, at::kBool);
  proposals.invalid_rows = at::tensor({3, 17, 49}, at::kLong).unsqueeze(0).expand({2, -1}).contiguous();
  proposals.invalid.scatter_(1, proposals.invalid_rows, true);
  at::NoGradGuard no_grad;
  EXPECT_TRUE(
      output.forward(memory, proposals).allclose(output.forward(memory, proposals.invalid), 1e-6, 1e-6));
  EXPECT_FALSE(
      output.forward(memory, proposals).allclose(output.forward(memory, at::zeros_like(proposals.invalid))));
}

class Geometry : public testing::TestWithParam<const char*> {};

TEST_P(Geometry, AnImageGivesTheSameWhateverCameBefore) {
  const auto model = detector_of(GetParam());
  const auto first = image_of(96, 128);
  const auto expected = boxes_of(*model, first);
  EXPECT_TRUE(boxes_of(*model, first).equal(expected)) << "by what was kept";
  for (const int64_t height : {64, 160, 128}) {
    const auto other = image_of(height, 96);
    EXPECT_TRUE(boxes_of(*model, other).equal(boxes_of(*detector_of(GetParam()), other))) << height;
    EXPECT_TRUE(boxes_of(*model, first).equal(expected)) << "after a height of " << height;
  }
}

TEST_P(Geometry, FollowsWeightsThatChange) {
  const auto model = detector_of(GetParam()), fresh = detector_of(GetParam());
  const auto batch = image_of(96, 128);
  const auto before = boxes_of(*model, batch);
  move_level_embeds(*model);
  move_level_embeds(*fresh);
  const auto after = boxes_of(*model, batch);
  EXPECT_FALSE(after.equal(before));
  EXPECT_TRUE(after.equal(boxes_of(*fresh, batch)));
}

TEST_P(Geometry, IsNotThatOfPaddedImages) {
  const auto model = detector_of(GetParam());
  const auto padded = batch_of({image("test/geometry", 96, 128), image("test/geometry", 64, 96)});
  const auto expected = boxes_of(*model, padded);
  boxes_of(*model, batch_of({image("test/geometry", 96, 128), image("test/geometry", 96, 128)}));
  EXPECT_TRUE(boxes_of(*model, padded).equal(expected));
}

INSTANTIATE_TEST_SUITE_P(Architectures, Geometry,
                         testing::Values("focus-detr", "dino", "sparse-detr", "sparse-dino",
                                         "deformable-detr"));

}  // namespace
}  // namespace focus::test
