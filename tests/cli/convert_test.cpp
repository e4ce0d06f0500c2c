#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "cli/refused.h"
#include "cli/run_command.h"
#include "cli/tiny_data.h"
#include "cli/tiny_image.h"
#include "cli/tiny_model.h"
#include "io/pytorch/pytorch_writer.h"
#include "io/safetensors/safetensors.h"
#include "support/temporary_folder.h"

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
  write_tiny_image(path("a.png"));
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
  EXPECT_NE(back.output.find("(pytorch, under 'model'), names of detrex"), std::string::npos) << back.output;
  const auto whole = run("model diff " + model_.string() + " " + path("back.safetensors"));
  EXPECT_EQ(whole.code, 0) << "options and classes came along: " << whole.output;
}

TEST_F(ConvertCommand, SaysHowMuchItTookAndRefusesTooLittle) {
  const auto tensors = io::read_safetensors(bare_).tensors;
  const auto rewritten = [&](const std::function<std::string(const std::string&)>& rename) {
    io::TensorFile file;
    for (const auto& [name, tensor] : tensors) file.tensors[rename(name)] = tensor;
    io::write_safetensors(path("other.safetensors"), file);
    return convert(path("other.safetensors") + " " + path("out.safetensors") + options_);
  };
  const auto compiled = rewritten([](const std::string& name) { return "_orig_mod." + name; });
  EXPECT_EQ(compiled.code, 0) << compiled.output;
  EXPECT_NE(
      compiled.output.find(fmt::format("other.safetensors: {0} of {0} tensors taken (safetensors), names of "
                                       "detrex",
                                       tensors.size())),
      std::string::npos)
      << compiled.output;
  EXPECT_EQ(run("model diff " + bare_.string() + " " + path("out.safetensors")).code, 0);

  fs::remove(path("out.safetensors"));
  int count = 0;
  // A third keeps its name.
  const auto few =
      rewritten([&](const std::string& name) { return (++count % 3 == 0 ? "" : "of_whom.") + name; });
  EXPECT_EQ(few.code, 1) << few.output;
  const auto before = names_in(folder_.path());
  const auto none = rewritten([](const std::string& name) { return "of_whom." + name; });
  expect_refused(none, 1, {"other.safetensors", "of no known program"});
  expect_refused(convert(path("other.safetensors") + " " + path("out.safetensors") + options_ +
                         " --from torchvision-mobilenet"),
                 1, {"other.safetensors: none of its", "is taken: as names of torchvision-mobilenet"});
  EXPECT_EQ(names_in(folder_.path()), before) << "nothing was written";
}

TEST_F(ConvertCommand, LessThanHalfNeedsAWord) {
  auto file = io::read_safetensors(bare_);
  const auto own = file.tensors.size();
  for (size_t i = 0; i <= own; ++i) file.tensors[fmt::format("stranger.{}", i)] = at::zeros({1});
  io::write_safetensors(path("other.safetensors"), file);
  const auto line = path("other.safetensors") + " " + path("out.safetensors") + options_;
  const auto before = names_in(folder_.path());
  expect_refused(convert(line), 1,
                 {fmt::format("only {} of its {} tensors are taken", own, 2 * own + 1), "--partly"});
  EXPECT_EQ(names_in(folder_.path()), before) << "nothing was written";
  const auto told = convert(line + " --partly");
  EXPECT_EQ(told.code, 0) << told.output;
  EXPECT_EQ(run("model diff " + bare_.string() + " " + path("out.safetensors")).code, 0);
}

TEST_F(ConvertCommand, RefusesTensorsThatHoldNoWeights) {
  const auto good = io::read_safetensors(model_);
  const std::string name = "transformer.decoder.norm.weight";
  const auto refused = [&](const at::Tensor& tensor, std::initializer_list<std::string> words) {
    auto file = good;
    file.tensors.at(name) = tensor;
    io::write_safetensors(path("bad.safetensors"), file);
    const auto before = names_in(folder_.path());
    expect_refused(convert(path("bad.safetensors") + " " + path("out.safetensors")), 1, words);
    expect_refused(convert(path("bad.safetensors") + " " + path("out.pth")), 1, words);
    EXPECT_EQ(names_in(folder_.path()), before) << "nothing was written";
    const std::vector<std::string> subcommands{
        "detect " + path("a.png"), "export --out " + path("bad.onnx"), "serve --port 0",
        "eval --data " + path("data") + " --split val", "benchmark --size 64x64"};
    for (const auto& subcommand : subcommands) {
      expect_refused(run(subcommand + " --model " + path("bad.safetensors")), 1, words);
    }
    EXPECT_EQ(names_in(folder_.path()), before) << "nothing was written";
  };
  write_tiny_image(path("a.png"));
  write_tiny_dataset(path("data"));
  auto bad = good.tensors.at(name).clone();
  bad[5] = std::nan("");
  refused(bad, {"bad.safetensors: 1 of the 32 numbers of tensor '" + name + "' are not finite"});
  refused(at::ones({32}, at::kChar), {"bad.safetensors: tensor '" + name + "' is int8, but the model needs"});
}

TEST_F(ConvertCommand, TakesTheWeightsUnderAKey) {
  const auto tensors = io::read_safetensors(bare_).tensors;
  io::write_pytorch(path("both.pth"), tensors, {{"remark", "text beside the weights"}});
  const auto found = convert(path("both.pth") + " " + path("out.safetensors") + options_);
  EXPECT_EQ(found.code, 0) << found.output;
  EXPECT_NE(found.output.find("tensors taken (pytorch, under 'model'), names of detrex"), std::string::npos)
      << found.output;
  EXPECT_EQ(convert(path("both.pth") + " " + path("out.safetensors") + options_ + " --key model").code, 0);
  expect_refused(convert(path("both.pth") + " " + path("none.safetensors") + options_ + " --key ema"), 1,
                 {"both.pth: has no 'ema'", "'model'"});
  EXPECT_FALSE(fs::exists(path("none.safetensors")));
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
                 {"bare.safetensors: option 'model.transformer.width' is 64, but the tensors have 32"});
  expect_refused(convert(bare_.string() + out + " model.transformer.heads=2"), 2, {"model.focus.cascade"});
  expect_refused(convert(bare_.string() + out + " --classes " + path("none.txt")), 1, {"none.txt"});
  expect_wrong_usage(convert(bare_.string()), {"out is required"});
  EXPECT_EQ(names_in(folder_.path()), before);

  io::write_safetensors(path("x.safetensors"), {{{"weight", at::zeros({3})}}, {}});
  expect_refused(convert(path("x.safetensors") + out), 1,
                 {"x.safetensors: its 1 tensors have names of no known program, such as 'weight'"});
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
