#include <gtest/gtest.h>

#include "cli/opencv/tiny_picture.h"
#include "cli/refused.h"
#include "cli/run_command.h"
#include "cli/tiny_data.h"
#include "cli/tiny_model.h"
#include "data/temporary_folder.h"
#include "io/safetensors.h"

namespace focus::test {
namespace {

namespace fs = std::filesystem;

class ConvertCommand : public testing::Test {
 protected:
  void SetUp() override {
    write_tiny_model(model_);
    auto bare = io::read_safetensors(model_);
    bare.metadata.clear();
    io::write_safetensors(bare_, bare);
  }
  std::string path(const std::string& name) const { return (folder_.path() / name).string(); }
  Outcome convert(const std::string& arguments) const { return run("convert " + arguments); }

  TemporaryFolder folder_;
  fs::path model_ = folder_.path() / "tiny.safetensors";
  fs::path bare_ = folder_.path() / "bare.safetensors";
  const std::string options_ = " model.transformer.heads=2 model.focus.cascade=1";
};

TEST_F(ConvertCommand, BareTensorsBecomeAModelThatDetects) {
  write_text(path("names.txt"), "cat\r\n\n dog \n");
  const auto outcome =
      convert(bare_.string() + " " + path("out.safetensors") + " --classes " + path("names.txt") + options_ +
              " preprocess.short_side=64 preprocess.max_side=96");
  ASSERT_EQ(outcome.code, 0) << outcome.output;
  EXPECT_NE(outcome.output.find("names of detrex"), std::string::npos) << outcome.output;
  EXPECT_NE(outcome.output.find("out.safetensors: 2 classes, "), std::string::npos) << outcome.output;
  write_tiny_picture(path("a.png"));
  const auto found = run("detect --model " + path("out.safetensors") + " " + path("a.png"));
  EXPECT_EQ(found.code, 0) << found.output;
  EXPECT_NE(found.output.find("  cat  "), std::string::npos) << found.output;
  EXPECT_NE(found.output.find(" 0.881 "), std::string::npos) << found.output;
}

TEST_F(ConvertCommand, AModelFileKeepsWhatItSays) {
  const auto outcome = convert(model_.string() + " " + path("out.safetensors"));
  ASSERT_EQ(outcome.code, 0) << outcome.output;
  const auto diff = run("model diff " + model_.string() + " " + path("out.safetensors"));
  EXPECT_EQ(diff.code, 0) << diff.output;

  const auto smaller =
      convert(model_.string() + " " + path("small.safetensors") + " preprocess.short_side=48");
  ASSERT_EQ(smaller.code, 0) << smaller.output;
  const auto other = run("model diff " + model_.string() + " " + path("small.safetensors"));
  EXPECT_EQ(other.code, 1) << other.output;
  EXPECT_NE(other.output.find("other options (1)\n  preprocess.short_side: 64 and 48\n"), std::string::npos)
      << other.output;
}

TEST_F(ConvertCommand, TheReferencesStateDictIsReadBackWhole) {
  const auto there = convert(model_.string() + " " + path("there.pth"));
  ASSERT_EQ(there.code, 0) << there.output;
  const auto diff = run("model diff " + model_.string() + " " + path("there.pth"));
  EXPECT_EQ(diff.code, 0) << diff.output;
  const auto back = convert(path("there.pth") + " " + path("back.safetensors"));
  ASSERT_EQ(back.code, 0) << back.output;
  EXPECT_NE(back.output.find("(pytorch), names of detrex"), std::string::npos) << back.output;
  const auto whole = run("model diff " + model_.string() + " " + path("back.safetensors"));
  EXPECT_EQ(whole.code, 0) << "options and classes came along: " << whole.output;
}

TEST_F(ConvertCommand, RefusesWhatItCannotRead) {
  const auto before = names_in(folder_.path());
  const std::string out = " " + path("out.safetensors");
  expect_refused(convert(path("none.safetensors") + out), 1, {"none.safetensors"});
  expect_refused(convert(bare_.string() + " " + path("out.txt")), 2, {"out.txt' must end in .safetensors"});
  expect_refused(convert(bare_.string() + out + " --from detrx"), 2, {"did you mean 'detrex'?"});
  expect_refused(convert(bare_.string() + out + " model.transformer.heads=5"), 1,
                 {"model.transformer.heads 5"});
  expect_refused(convert(bare_.string() + out + options_ + " model.transformer.width=64"), 1,
                 {"bare.safetensors: option 'model.transformer.width' is 64, but the tensors tell 32"});
  expect_refused(convert(bare_.string() + out + " model.transformer.heads=2"), 2, {"model.focus.cascade"});
  expect_refused(convert(bare_.string() + out + " --classes " + path("none.txt")), 1, {"none.txt"});
  expect_wrong_usage(convert(bare_.string()), {"out is required"});
  EXPECT_EQ(names_in(folder_.path()), before);

  io::write_safetensors(path("x.safetensors"), {{{"weight", at::zeros({3})}}, {}});
  expect_refused(convert(path("x.safetensors") + out), 1,
                 {"x.safetensors: 1 tensors whose names are of no program known here, such as 'weight'"});
  write_text(path("names.txt"), "cat\ncat\n");
  expect_refused(convert(bare_.string() + out + options_ + " --classes " + path("names.txt")), 1,
                 {"names.txt: class 'cat' is named twice"});
  write_text(path("names.txt"), "\n \n");
  expect_refused(convert(bare_.string() + out + options_ + " --classes " + path("names.txt")), 1,
                 {"names.txt: no class names"});
  EXPECT_FALSE(fs::exists(path("out.safetensors")));
}

}  // namespace
}  // namespace focus::test
