#include <gtest/gtest.h>

#include "base/files.h"
#include "cli/refused.h"
#include "cli/run_command.h"
#include "cli/tiny_data.h"
#include "support/temporary_folder.h"

namespace focus::test {
namespace {

class DatasetPackCommand : public testing::Test {
 protected:
  void SetUp() override { write_tiny_dataset(folder_.path() / "data"); }

  std::string path(const std::string& name) const { return (folder_.path() / name).string(); }
  Outcome pack(const std::string& arguments = "") const {
    return run("dataset pack " + path("data") + " --out " + path("packed") + " " + arguments);
  }

  TemporaryFolder folder_;
};

TEST_F(DatasetPackCommand, WritesWhatOthersRead) {
  const auto outcome = pack();
  ASSERT_EQ(outcome.code, 0) << outcome.output;
  EXPECT_NE(outcome.output.find("packed: 6 decoded images, "), std::string::npos) << outcome.output;
  EXPECT_NE(outcome.output.find("in the splits train, val\n"), std::string::npos) << outcome.output;

  EXPECT_EQ(run("dataset check " + path("packed")).code, 0);
  EXPECT_EQ(run("dataset stats " + path("packed")).code, 0);
  const auto pack_of_train = path("packed/images/train.safetensors");
  EXPECT_EQ(
      run("dataset check " + path("packed/annotations/instances_train.json") + " --images " + pack_of_train)
          .code,
      0);

  write_text(path("config.yaml"), kTinyTraining);
  for (const std::string data : {"data", "packed"}) {
    const auto trained = run("train --config " + path("config.yaml") + " --data " + path(data) + " --out " +
                             path("run-" + data));
    ASSERT_EQ(trained.code, 0) << trained.output;
  }
  EXPECT_EQ(
      run("model diff " + path("run-data/last.safetensors") + " " + path("run-packed/last.safetensors")).code,
      0)
      << "the same weights come of it";
}

TEST_F(DatasetPackCommand, RefusesWhatIsThereAndWhatIsNot) {
  ASSERT_EQ(pack("--splits val").code, 0);
  expect_refused(pack(), 2, {"packed", "exists already"});
  std::filesystem::remove_all(path("packed"));
  expect_refused(pack("--splits test"), 1, {"data", "test"});
  expect_wrong_usage(run("dataset pack " + path("data")), {"--out"});
}

TEST_F(DatasetPackCommand, ATruncatedPackEndsWithOneLine) {
  ASSERT_EQ(pack().code, 0);
  const auto file = path("packed/images/val.safetensors");
  std::filesystem::resize_file(file, std::filesystem::file_size(file) - 5);
  expect_refused(run("dataset check " + path("packed") + " --split val"), 1, {"val.safetensors"});
}

}  // namespace
}  // namespace focus::test
