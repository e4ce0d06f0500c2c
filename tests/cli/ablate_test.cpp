#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/files.h"
#include "base/folder_lock.h"
#include "cli/refused.h"
#include "cli/run_command.h"
#include "cli/tiny_data.h"
#include "support/temporary_folder.h"

namespace focus::test {
namespace {

namespace fs = std::filesystem;

/// Two encoder layers, or there would be no cascade to vary.
constexpr const char* kTwoLayers =
    " model.transformer.encoder_layers=2 model.focus.cascade=1,0.5 model.focus.fine_grained_tokens=9 "
    "train.threads=1 ";

class AblateCommand : public testing::Test {
 protected:
  void SetUp() override {
    write_tiny_dataset(data_);
    write_text(config_, kTinyTraining);
  }
  Outcome ablate(const std::string& more) const {
    return run("ablate --data " + data_.string() + " --out " + out_.string() + " --config " +
               config_.string() + kTwoLayers + more);
  }
  nlohmann::json result(const std::string& folder) const {
    return nlohmann::json::parse(read_file(out_ / folder / "result.json", 1 << 20));
  }
  std::string table() const { return read_file(out_ / "ablation.md", 1 << 20); }

  TemporaryFolder folder_;
  fs::path data_ = folder_.path() / "data";
  fs::path out_ = folder_.path() / "study";
  fs::path config_ = folder_.path() / "tiny.yaml";
};

TEST_F(AblateCommand, RunsEveryVariantAndSharesTheFullOne) {
  const auto outcome = ablate("--study fine-grained --study cascade --seeds 1");
  ASSERT_EQ(outcome.code, 0) << outcome.output;
  EXPECT_NE(outcome.output.find("(8 of 8)"), std::string::npos) << "5 + 4 variants, one in both";
  EXPECT_NE(outcome.output.find("| 9 tokens | 1 | "), std::string::npos) << outcome.output;
  EXPECT_NE(outcome.output.find(table()), std::string::npos);
  EXPECT_LT(result("fine-grained-0-tokens/seed0")["encoder_gmacs"], result("full/seed0")["encoder_gmacs"]);
  EXPECT_LT(result("full/seed0")["encoder_gmacs"], result("cascade-all-foreground/seed0")["encoder_gmacs"]);
  EXPECT_FALSE(fs::exists(out_ / "full/seed0/last.checkpoint.safetensors"));
  for (const char* file : {"fine-grained.svg", "cascade.svg"}) {
    EXPECT_EQ(read_file(out_ / file, 1 << 20).rfind("<svg ", 0), 0U);
  }

  // What is done is not done again, and what is missing is.
  fs::remove_all(out_ / "cascade-reversed");
  const auto before = fs::last_write_time(out_ / "full/seed0/last.safetensors");
  const auto again = ablate("--study fine-grained --study cascade --seeds 1 --resume");
  ASSERT_EQ(again.code, 0) << again.output;
  EXPECT_NE(again.output.find("ablate: cascade-reversed, seed 0 (8 of 8)"), std::string::npos)
      << again.output;
  EXPECT_EQ(again.output.find("ablate: full"), std::string::npos);
  EXPECT_EQ(fs::last_write_time(out_ / "full/seed0/last.safetensors"), before);
}

TEST_F(AblateCommand, OneStudyAtATimeInAFolder) {
  fs::create_directories(out_);
  {
    const FolderLock other(out_);
    expect_refused(ablate("--study cascade --seeds 1"), 1, {"study: is in use by process "});
    expect_refused(ablate("--study cascade --seeds 1 --resume"), 1, {"study: is in use by process "});
  }
  fs::create_directories(out_ / "full/seed0");
  const FolderLock run(out_ / "full/seed0");
  const auto outcome = ablate("--study cascade --seeds 1 --resume");
  EXPECT_EQ(outcome.code, 1) << outcome.output;
  EXPECT_NE(outcome.output.find("full/seed0: is in use by process "), std::string::npos)
      << "a training of its own in one of its folders\n"
      << outcome.output;
}

TEST_F(AblateCommand, RefusesWhatDoesNotBelongTogether) {
  ASSERT_EQ(ablate("--study cascade --seeds 1").code, 0);
  const auto kept = table();
  expect_refused(ablate("--study cascade"), 2, {"--resume"});
  expect_refused(ablate("--study cascade --seeds 1 --resume train.optimizer.lr=0.5"), 1,
                 {"full/seed0/result.json", "another train.optimizer.lr", "--out"});
  expect_refused(ablate("--study cascade --seeds 1 --resume --split train"), 1, {"another --split"});
  write_text(out_ / "full/seed0/result.json", "{}");
  expect_refused(ablate("--study cascade --seeds 1 --resume"), 1,
                 {"full/seed0/result.json", "not a result of ablate"});
  EXPECT_EQ(table(), kept);
  expect_refused(ablate("--study cascade model.architecture=dino"), 2, {"model.architecture is dino"});
  expect_wrong_usage(ablate("--study depth"), {"--study", "keep-ratio"});
  expect_wrong_usage(ablate("--study cascade --seeds 0"), {"--seeds"});
}

}  // namespace
}  // namespace focus::test
