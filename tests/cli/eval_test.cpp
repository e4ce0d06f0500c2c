#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "cli/run_command.h"
#include "data/temporary_folder.h"

namespace {

struct Outcome {
  int code = -1;
  std::string output;  ///< stdout and stderr.
};

Outcome run(const std::string& arguments) {
  Outcome outcome;
  FILE* pipe = ::popen((std::string("'" FOCUS_DETR_COMMAND "' ") + arguments + " 2>&1").c_str(), "r");
  if (pipe == nullptr) return outcome;
  std::array<char, 4096> chunk;
  while (const size_t count = std::fread(chunk.data(), 1, chunk.size(), pipe)) {
    outcome.output.append(chunk.data(), count);
  }
  outcome.code = WEXITSTATUS(::pclose(pipe));
  return outcome;
}

struct EvalCommand : testing::Test {
  focus::test::TemporaryFolder folder;
  const std::string dir = folder.path().string();

  EvalCommand() {
    std::ofstream(dir + "/gt.json")
        << R"({"images": [{"id": 1, "file_name": "a.png", "width": 64, "height": 48}],)"
        << R"("categories": [{"id": 7, "name": "cat"}],)"
        << R"("annotations": [{"id": 1, "image_id": 1, "category_id": 7, "bbox": [1, 2, 30, 40], "area": 1200}]})";
  }
  void put_detection(const std::string& category, const std::string& score) const {
    std::ofstream(dir + "/dt.json") << R"([{"image_id": 1, "category_id": )" << category
                                    << R"(, "bbox": [1, 2, 30, 40], "score": )" << score << "}]";
  }
  Outcome eval(const std::string& more) const {
    return run("eval --annotations " + dir + "/gt.json " + more);
  }
};

TEST_F(EvalCommand, PrintsTheNumbersAndWritesThem) {
  put_detection("7", "0.5");
  const Outcome outcome = eval("--detections " + dir + "/dt.json --json " + dir + "/out.json");
  EXPECT_EQ(outcome.code, 0) << outcome.output;
  EXPECT_NE(outcome.output.find("AP          1.000"), std::string::npos) << outcome.output;
  EXPECT_NE(outcome.output.find("AP_large        -"), std::string::npos) << outcome.output;
  EXPECT_NE(outcome.output.find("cat          1  1.000  1.000"), std::string::npos) << outcome.output;
  std::ifstream in(dir + "/out.json");
  const auto json = nlohmann::json::parse(in);
  EXPECT_NEAR(json["AP50"].get<double>(), 1, 1e-9);
  EXPECT_EQ(json["AR_large"], -1);
}

TEST_F(EvalCommand, SaysWhatIsMissing) {
  const Outcome nothing = eval("");
  EXPECT_EQ(nothing.code, 2);
  EXPECT_NE(nothing.output.find("--detections"), std::string::npos) << nothing.output;
  EXPECT_EQ(run("eval --detections x.json").code, 2);
}

TEST_F(EvalCommand, BadFilesEndWithOneLine) {
  put_detection("7", "\"high\"");
  const Outcome wrong = eval("--detections " + dir + "/dt.json");
  EXPECT_EQ(wrong.code, 1);
  EXPECT_EQ(wrong.output,
            "error: " + dir + "/dt.json: results[0] field 'score' is \"high\", not a finite number\n");
  EXPECT_EQ(eval("--detections " + dir + "/none.json").code, 1);
  put_detection("7", "0.5");
  EXPECT_EQ(eval("--detections " + dir + "/dt.json --json " + dir + "/none/out.json").code, 1);
}

TEST_F(EvalCommand, WarnsOfCategoriesThatDoNotCount) {
  put_detection("0", "0.5");
  const Outcome outcome = eval("--detections " + dir + "/dt.json");
  EXPECT_EQ(outcome.code, 0);
  EXPECT_NE(outcome.output.find("warning: 1 of 1 detections have a category_id"), std::string::npos)
      << outcome.output;
}

}  // namespace
