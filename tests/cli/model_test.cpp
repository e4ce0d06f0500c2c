#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "cli/refused.h"
#include "cli/run_command.h"
#include "cli/tiny_data.h"
#include "cli/tiny_model.h"
#include "io/safetensors/safetensors.h"
#include "support/temporary_folder.h"

namespace focus::test {
namespace {

namespace fs = std::filesystem;

class ModelCommand : public testing::Test {
 protected:
  void SetUp() override {
    write_tiny_model(a_);
    fs::copy_file(a_, b_);
  }
  Outcome diff(const std::string& more = "") const {
    return run("model diff " + a_.string() + " " + b_.string() + " " + more);
  }

  TemporaryFolder folder_;
  fs::path a_ = folder_.path() / "a.safetensors";
  fs::path b_ = folder_.path() / "b.safetensors";
};

TEST_F(ModelCommand, InfoTellsWhatIsInAFile) {
  const auto outcome = run("model info " + a_.string());
  EXPECT_EQ(outcome.code, 0);
  for (const char* text :
       {"architecture  focus-detr\n", "\nbackbone ", "\ntransformer ", "\n      3  \"cat\"\n",
        "  model.transformer.width = 32\n", "  preprocess.short_side = 64\n"}) {
    EXPECT_NE(outcome.output.find(text), std::string::npos) << text << "\n" << outcome.output;
  }
  const auto json = nlohmann::json::parse(run("model info --json " + a_.string()).output);
  EXPECT_EQ(json.at("architecture"), "focus-detr");
  EXPECT_EQ(json.at("model").at("transformer").at("width"), 32);
  EXPECT_EQ(json.at("categories").size(), 2u);
  EXPECT_EQ(json.at("bytes"), fs::file_size(a_));
  int64_t numbers = 0;
  for (const auto& module : json.at("modules")) numbers += module.at("numbers").get<int64_t>();
  EXPECT_GT(numbers, json.at("parameters").get<int64_t>()) << "statistics are no parameters";
}

TEST_F(ModelCommand, InfoOfWeightsOfOthers) {
  auto file = io::read_safetensors(a_);
  file.metadata.clear();
  io::write_safetensors(b_, file);
  const auto outcome = run("model info " + b_.string());
  EXPECT_EQ(outcome.code, 0);
  EXPECT_NE(outcome.output.find("the names are those of detrex"), std::string::npos) << outcome.output;
}

TEST_F(ModelCommand, DiffTellsEveryDifference) {
  EXPECT_EQ(diff().code, 0);
  auto file = io::read_safetensors(b_);
  const auto all = file.tensors.size();
  file.tensors.at("transformer.alpha").add_(0.5);
  file.tensors.at("label_enc.weight") = at::zeros({4, 32});
  file.tensors.erase("transformer.level_embeds");
  file.tensors["extra"] = at::zeros({1});
  io::write_safetensors(b_, file);
  const auto text = diff();
  EXPECT_EQ(text.code, 1);
  for (const char* line :
       {"only in the first (1)\n  transformer.level_embeds\n", "only in the second (1)\n  extra\n",
        "  label_enc.weight: [2, 32] and [4, 32]\n", "5.000e-01", "  transformer.alpha\n"}) {
    EXPECT_NE(text.output.find(line), std::string::npos) << line << "\n" << text.output;
  }
  const auto outcome = diff("--json");
  EXPECT_EQ(outcome.code, 1);
  const auto json = nlohmann::json::parse(outcome.output);
  EXPECT_EQ(json.at("equal"), false);
  EXPECT_EQ(json.at("values").size(), 1u);
  EXPECT_NEAR(json.at("values")[0].at("max_abs").get<double>(), 0.5, 1e-6);
  EXPECT_EQ(json.at("equal_tensors"), all - 3);
}

TEST_F(ModelCommand, RefusesWhatIsNoWeights) {
  expect_refused(run("model info " + (folder_.path() / "none").string()), 1, {"none"});
  write_text(b_, "not weights");
  expect_refused(run("model info " + b_.string()), 1, {"b.safetensors"});
  expect_refused(diff(), 1, {"b.safetensors"});
  expect_wrong_usage(run("model"), {"--help"});
  expect_wrong_usage(run("model diff " + a_.string()), {"b is required"});
}

}  // namespace
}  // namespace focus::test
