#include <gtest/gtest.h>

#include "cli/refused.h"
#include "cli/run_command.h"
#include "cli/tiny_data.h"
#include "cli/tiny_model.h"
#include "io/safetensors/safetensors.h"
#include "support/temporary_folder.h"

namespace focus::test {
namespace {

class TraceCommand : public testing::Test {
 protected:
  void SetUp() override { write_tiny_model(model_); }

  void write_input(const std::map<std::string, at::Tensor>& tensors) const {
    io::write_safetensors(input_, {tensors, {}});
  }
  Outcome trace(const std::string& more = "") const {
    return run("trace --model " + model_.string() + " --input " + input_.string() + " --out " +
               out_.string() + more);
  }

  TemporaryFolder folder_;
  std::filesystem::path model_ = folder_.path() / "tiny.safetensors";
  std::filesystem::path input_ = folder_.path() / "input.safetensors";
  std::filesystem::path out_ = folder_.path() / "trace.safetensors";
};

TEST_F(TraceCommand, WritesEveryStage) {
  write_input({{"images", at::randint(256, {2, 3, 64, 96}, at::kByte)},
               {"sizes", at::tensor({64, 96, 50, 70}, at::kInt).view({2, 2})}});
  const auto outcome = trace();
  ASSERT_EQ(outcome.code, 0) << outcome.output;
  const auto file = io::read_safetensors(out_);
  EXPECT_NE(outcome.output.find(std::to_string(file.tensors.size()) + " tensors\n"), std::string::npos)
      << outcome.output;

  const int64_t tokens = 8 * 12 + 4 * 6 + 2 * 3 + 1 * 2;
  const std::map<std::string, std::vector<int64_t>> shapes{
      {"input", {2, 3, 64, 96}},
      {"neck0", {2, 32, 8, 12}},
      {"mask3", {2, 1, 2}},
      {"fg_score", {2, tokens}},
      {"memory", {2, tokens, 32}},
      {"enc_topk_idx", {2, kTinyQueries}},
      {"outputs_class0", {2, kTinyQueries, 2}},
      {"outputs_coord", {1, 2, kTinyQueries, 4}},
      {"det_scores", {2, kTinyQueries}},
      {"det_labels", {2, kTinyQueries}},
      {"det_boxes_xyxy", {2, kTinyQueries, 4}},
  };
  for (const auto& [name, shape] : shapes) {
    ASSERT_TRUE(file.tensors.contains(name)) << name;
    EXPECT_EQ(file.tensors.at(name).sizes().vec(), shape) << name;
  }
  EXPECT_NEAR(file.tensors.at("det_scores").min().item<double>(), kTinyScore, 1e-6);
  EXPECT_EQ(file.tensors.at("det_labels").max().item<int64_t>(), 0);
  EXPECT_FALSE(file.tensors.at("mask0")[0].any().item<bool>());
  EXPECT_TRUE(file.tensors.at("mask0")[1].any().item<bool>()) << "the second image is padded";
}

TEST_F(TraceCommand, RefusesInputsItCannotUse) {
  write_input({{"pixels", at::zeros({1, 3, 64, 96})}});
  expect_refused(trace(), 1, {"input.safetensors: input has no tensor 'images'"});
  write_input(
      {{"images", at::zeros({1, 3, 64, 96})}, {"sizes", at::tensor({64, 97}, at::kInt).view({1, 2})}});
  expect_refused(trace(), 1,
                 {"input.safetensors: tensor 'sizes' says image 0 is 64x97, but 'images' is 64x96"});
  expect_wrong_usage(trace(" --dtype float16"), {"--dtype", "float16"});
  EXPECT_FALSE(std::filesystem::exists(out_));
}

}  // namespace
}  // namespace focus::test
