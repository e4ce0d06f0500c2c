// Train and validation data that number their classes apart.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "cli/refused.h"
#include "cli/run_command.h"
#include "cli/tiny_data.h"
#include "support/temporary_folder.h"

namespace focus::test {
namespace {

class SplitsNumberedApart : public testing::Test {
 protected:
  void SetUp() override {
    write_tiny_dataset(data_);
    write_text(config_, kTinyTraining);
  }

  void put_val(const nlohmann::json& categories) const {
    auto truth = tiny_annotations(2);
    truth["categories"] = categories;
    write_text(data_ / "annotations/instances_val.json", truth.dump());
  }
  Outcome train(const std::string& out) const {
    return run("train --data " + data_.string() + " --out " + (folder_.path() / out).string() + " --config " +
               config_.string());
  }

  TemporaryFolder folder_;
  std::filesystem::path data_ = folder_.path() / "data", config_ = folder_.path() / "tiny.yaml";
};

TEST_F(SplitsNumberedApart, AreComparedByTheCheck) {
  const auto check = [&] { return run("dataset check " + data_.string()); };
  EXPECT_EQ(check().output.find("classes differ"), std::string::npos);
  EXPECT_NE(check().output.find("between splits\n\nwarning: images in several splits: 1\n"),
            std::string::npos)
      << "both have the same drawn images";
  put_val({{{"id", kCat}, {"name", "dog"}}, {{"id", kDog}, {"name", "cat"}}});
  const auto swapped = check();
  EXPECT_EQ(swapped.code, 0);
  EXPECT_NE(swapped.output.find("warning: classes differ between splits: 1\n"), std::string::npos)
      << swapped.output;
  const auto json = nlohmann::json::parse(run("dataset check --json " + data_.string()).output);
  EXPECT_EQ(json["between splits"]["warnings"], 2);
  put_val({{{"id", kCat}, {"name", "Cat"}}, {{"id", kDog}, {"name", "Dog"}}});
  const auto disjoint = check();
  EXPECT_EQ(disjoint.code, 1);
  EXPECT_NE(disjoint.output.find("error: splits without a common class: 1"), std::string::npos)
      << disjoint.output;
}

TEST_F(SplitsNumberedApart, TrainingSaysWhatHasNoPartner) {
  put_val({{{"id", kCat}, {"name", "sheep"}}, {{"id", kDog}, {"name", "cat"}}});
  const auto outcome = train("some");
  EXPECT_EQ(outcome.code, 0) << outcome.output;
  EXPECT_NE(outcome.output.find("warning: 1 of 2 classes of split 'train' are not in split 'val'"),
            std::string::npos)
      << outcome.output;
  EXPECT_NE(outcome.output.find("'sheep'"), std::string::npos) << outcome.output;

  put_val({{{"id", kCat}, {"name", "sheep"}}, {{"id", kDog}, {"name", "cow"}}});
  expect_refused(train("none"), 1,
                 {"no class of split 'train' is one of split 'val'", "'cat', 'dog'", "'sheep', 'cow'"});
  EXPECT_FALSE(std::filesystem::exists(folder_.path() / "none")) << "nothing was begun";
}

}  // namespace
}  // namespace focus::test
