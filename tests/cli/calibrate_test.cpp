#include <gtest/gtest.h>

#include "base/files.h"
#include "cli/refused.h"
#include "cli/run_command.h"
#include "cli/tiny_data.h"
#include "cli/tiny_image.h"
#include "cli/tiny_model.h"
#include "support/temporary_folder.h"

namespace focus::test {
namespace {

namespace fs = std::filesystem;

class CalibrateCommand : public testing::Test {
 protected:
  void SetUp() override {
    write_tiny_model(model_);
    fs::create_directories(folder_.path() / "images");
    for (int i = 0; i < 3; ++i) {
      write_tiny_image(folder_.path() / "images" / (std::to_string(i) + ".png"), static_cast<uint64_t>(i));
    }
  }
  Outcome calibrate(const std::string& arguments) const {
    return run("calibrate --model " + model_.string() + " --out " + out_.string() + " " + arguments);
  }
  std::string images() const { return (folder_.path() / "images").string(); }

  TemporaryFolder folder_;
  fs::path model_ = folder_.path() / "tiny.safetensors", out_ = folder_.path() / "int8.safetensors";
};

TEST_F(CalibrateCommand, MakesAModelThatRunsInEightBits) {
  expect_refused(run("detect " + images() + " --precision int8 --model " + model_.string()), 2,
                 {"int8", "focus-detr calibrate"});
  const auto outcome = calibrate(images() + " --max-images 2");
  ASSERT_EQ(outcome.code, 0) << outcome.output;
  EXPECT_NE(outcome.output.find("calibrated on 2 of 3 images"), std::string::npos) << outcome.output;
  EXPECT_NE(outcome.output.find("in eight bits alone"), std::string::npos) << outcome.output;
  EXPECT_NE(outcome.output.find("transformer.encoder"), std::string::npos) << outcome.output;
  const auto detected = run("detect " + images() + " --precision int8 --model " + out_.string());
  EXPECT_EQ(detected.code, 0) << detected.output;
  EXPECT_NE(detected.output.find("0.png: 10 objects"), std::string::npos) << detected.output;
  const auto info = run("model info " + out_.string());
  EXPECT_NE(info.output.find("calibrated "), std::string::npos) << info.output;
}

TEST_F(CalibrateCommand, RefusesWhatItCannotRead) {
  expect_refused(calibrate((folder_.path() / "none").string()), 1, {"none"});
  write_atomically(folder_.path() / "images" / "3.png", [](std::ostream& out) { out << "no image"; });
  expect_refused(calibrate(images()), 1, {"3.png"});
  EXPECT_FALSE(fs::exists(out_)) << "a model was written all the same";
}

TEST_F(CalibrateCommand, AnUnknownPrecisionIsNamed) {
  expect_refused(run("detect " + images() + " --precision fp8 --model " + model_.string()), 2,
                 {"no precision 'fp8'", "fp32, bf16, int8"});
}

}  // namespace
}  // namespace focus::test
