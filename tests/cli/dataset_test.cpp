#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "cli/refused.h"
#include "cli/run_command.h"
#include "data/temporary_folder.h"

namespace focus::test {
namespace {

class DatasetCommand : public testing::Test {
 protected:
  void SetUp() override {
    std::ofstream(path_) << R"({"images": [{"id": 1, "file_name": "a.jpg", "width": 50, "height": 40}],
      "annotations": [{"id": 1, "image_id": 1, "category_id": 1, "bbox": [40, 0, 20, 0]}],
      "categories": [{"id": 1, "name": "cat"}]})";
  }

  TemporaryFolder folder_;
  std::filesystem::path path_ = folder_.path() / "instances.json";
};

TEST_F(DatasetCommand, WarningsPassAndErrorsFail) {
  const auto warned = run("dataset check " + path_.string());
  EXPECT_EQ(warned.code, 0) << warned.output;
  EXPECT_NE(warned.output.find("warning: zero area: 1"), std::string::npos) << warned.output;
  const auto failed = run("dataset check " + path_.string() + " --images " + testing::TempDir());
  EXPECT_EQ(failed.code, 1);
  EXPECT_NE(failed.output.find("missing picture: 1"), std::string::npos) << failed.output;
  const auto absent = run("dataset check " + path_.string() + ".absent");
  EXPECT_EQ(absent.code, 1);
  EXPECT_NE(absent.output.find("no such annotation file"), std::string::npos) << absent.output;
  EXPECT_EQ(run("dataset check").code, 2);
  EXPECT_EQ(run("dataset").code, 2);
}

TEST_F(DatasetCommand, StatsAsTextAndJson) {
  const auto text = run("dataset stats " + path_.string());
  EXPECT_EQ(text.code, 0);
  EXPECT_NE(text.output.find("cat"), std::string::npos) << text.output;
  const auto json = nlohmann::json::parse(run("dataset stats --json " + path_.string()).output);
  EXPECT_EQ(json["boxes"], 1);
  EXPECT_EQ(nlohmann::json::parse(run("dataset check --json " + path_.string()).output)["warnings"], 2);
}

TEST(DatasetSynth, LeavesNothingBehindWhereItCannotDraw) {
  const TemporaryFolder folder;
  const std::string dir = folder.path().string();
  std::ofstream(dir + "/file") << "kept";
  const std::string few = " --train 1 --val 0 --test 0";
  expect_refused(run("dataset synth --out " + dir + "/file/scenes" + few), 1,
                 {"file/scenes: cannot be written: "});
  expect_refused(run("dataset synth --out " + dir + few), 2, {dir + ": exists already"});
  expect_refused(run("dataset synth --out " + dir + "/scenes --max-size 4"), 2,
                 {"option 'max_size' is '4'", "at least 8"});
  expect_refused(run("dataset synth --out " + dir + "/scenes --scene codes --classes 2"), 2,
                 {"classes belongs to the scene shapes"});
  EXPECT_EQ(names_in(dir), std::set<std::string>{"file"});
}

}  // namespace
}  // namespace focus::test
