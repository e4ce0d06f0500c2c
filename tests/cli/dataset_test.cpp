#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "cli/refused.h"
#include "cli/run_command.h"
#include "support/temporary_folder.h"

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
  EXPECT_NE(failed.output.find("missing image: 1"), std::string::npos) << failed.output;
  const auto absent = run("dataset check " + path_.string() + ".absent");
  EXPECT_EQ(absent.code, 1);
  EXPECT_NE(absent.output.find("no such file or folder; give"), std::string::npos) << absent.output;
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

}  // namespace
}  // namespace focus::test
