#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/files.h"
#include "cli/refused.h"
#include "cli/run_command.h"
#include "cli/tiny_model.h"
#include "support/temporary_folder.h"

namespace focus::test {
namespace {

namespace fs = std::filesystem;

class ExportCommand : public testing::Test {
 protected:
  void SetUp() override {
    write_tiny_model(model_);
    ::unsetenv("FOCUS_DETR_ONNXRUNTIME");
  }
  Outcome run_export(const std::string& arguments) const {
    return run("export --model " + model_.string() + " " + arguments);
  }
  std::string in_folder(const char* name) const { return (folder_.path() / name).string(); }

  TemporaryFolder folder_;
  fs::path model_ = folder_.path() / "tiny.safetensors";
};

TEST_F(ExportCommand, WritesAFileThatDescribesItself) {
  const auto out = in_folder("tiny.onnx");
  const auto outcome = run_export("--out " + out);
  ASSERT_EQ(outcome.code, 0) << outcome.output;
  EXPECT_NE(outcome.output.find("not proved: no ONNX Runtime"), std::string::npos) << outcome.output;
  EXPECT_NE(outcome.output.find("focus-detr of 2 classes, operator set 17"), std::string::npos)
      << outcome.output;
  const auto bytes = read_file(out, 1 << 30);
  for (const char* word : {R"([{"id":3,"name":"cat"},{"id":7,"name":"dog"}])", "\"short_side\":64",
                           "padding_mask", "category_ids", "GridSample", "LayerNormalization"}) {
    EXPECT_NE(bytes.find(word), std::string::npos) << word;
  }
  EXPECT_EQ(run_export("--keep 0.2 --input image --output raw --deformable gather --out " + out).code, 0);
}

TEST_F(ExportCommand, AModelThatGivesNoNumbersIsNotExported) {
  write_overflowing_model(model_);
  expect_refused(run_export("--out " + in_folder("tiny.onnx")), 1,
                 {"the model gives ", "that are not finite"});
  expect_refused(run_export("--target triton --out " + in_folder("tiny")), 1, {"that are not finite"});
  expect_refused(run_export("--precision bf16 --out " + in_folder("tiny.onnx")), 1, {"that are not finite"});
  EXPECT_EQ(names_in(folder_.path()), std::set<std::string>{"tiny.safetensors"}) << "nothing was written";
}

TEST_F(ExportCommand, MakesAModelRepositoryForTriton) {
  const auto out = in_folder("tiny");
  ASSERT_EQ(run_export("--target triton --out " + out).code, 0);
  EXPECT_EQ(names_in(out), (std::set<std::string>{"1", "1/model.onnx", "config.pbtxt"}));
  expect_refused(run_export("--target triton --out " + out), 1, {"tiny", "already exists"});
}

TEST_F(ExportCommand, MakesAFolderForOpenvino) {
  const auto out = in_folder("tiny"), plain = in_folder("plain.onnx");
  const auto outcome = run_export("--target openvino --input image --out " + out);
  ASSERT_EQ(outcome.code, 0) << outcome.output;
  EXPECT_NE(outcome.output.find("INFERENCE_PRECISION_HINT=f32"), std::string::npos) << outcome.output;
  EXPECT_EQ(names_in(out), (std::set<std::string>{"config.json", "model.onnx"}));
  const auto config = nlohmann::json::parse(read_file(out + "/config.json", 1 << 20));
  EXPECT_EQ(config.at("CPU"), (nlohmann::json{{"INFERENCE_PRECISION_HINT", "f32"}}));
  ASSERT_EQ(run_export("--input image --out " + plain).code, 0);
  EXPECT_TRUE(read_file(out + "/model.onnx", 1 << 30) == read_file(plain, 1 << 30)) << "the same graph";
  expect_refused(run_export("--target openvino --out " + out), 1, {"tiny", "already exists"});
  expect_refused(run_export("--target openvino --deformable custom --out " + in_folder("other")), 2,
                 {"--deformable custom", "OpenVINO"});
  expect_refused(run_export("--target openvino --precision bf16 --out " + in_folder("other")), 2,
                 {"--precision", "INFERENCE_PRECISION_HINT"});
  EXPECT_FALSE(fs::exists(in_folder("other")));
}

TEST_F(ExportCommand, RefusesWhatItCannotUse) {
  const auto out = in_folder("none.onnx");
  expect_refused(run_export("--onnxruntime " + in_folder("nothing") + " --out " + out), 1,
                 {"nothing", "no node_modules/onnxruntime-node", "npm install"});
  expect_refused(run_export("--out " + in_folder("no/where.onnx")), 1, {"where.onnx", "does not exist"});
  expect_refused(run("export --model " + in_folder("missing") + " --out " + out), 1, {"missing"});
  expect_refused(run_export("--images " + in_folder("missing.png") + " --out " + out), 1, {"missing.png"});
  expect_wrong_usage(run_export("--precision fp8 --out " + out), {"--precision", "fp8"});
  expect_wrong_usage(run_export("--target tflite --out " + out),
                     {"--target", "tflite", "onnx", "triton", "openvino"});
  expect_wrong_usage(run_export("--format onnx --out " + out), {"--format"});
  EXPECT_FALSE(fs::exists(out));
}

TEST_F(ExportCommand, LeavesNothingOfAFileThatWasNotProved) {
  // A stand-in for ONNX Runtime that refuses every graph.
  const auto package = folder_.path() / "refusing" / "node_modules" / "onnxruntime-node";
  fs::create_directories(package);
  write_atomically(package / "index.js", [](std::ostream& script) {
    script << "exports.InferenceSession = {create() { throw new Error('no such operator\\nand more'); }};";
  });
  if (std::system("node --version > /dev/null 2>&1") != 0) GTEST_SKIP() << "skipped: no Node.js";
  const auto out = in_folder("refused.onnx");
  expect_refused(run_export("--onnxruntime " + in_folder("refusing") + " --out " + out), 1,
                 {"ONNX Runtime rejects", "no such operator"});
  EXPECT_FALSE(fs::exists(out));
}

}  // namespace
}  // namespace focus::test
