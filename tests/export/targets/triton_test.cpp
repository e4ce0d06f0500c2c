#include <gtest/gtest.h>

#include <filesystem>

#include "base/error.h"
#include "export/targets/triton_config.h"
#include "export/targets/triton_target.h"
#include "export/tiny_models.h"
#include "support/temporary_folder.h"

namespace focus::test {
namespace {

using exporter::InputKind;
using exporter::OnnxOptions;
using exporter::OutputKind;
using exporter::triton_config;

TEST(TritonConfig, NamesInputsAndOutputs) {
  const auto model = tiny_model(tiny_options("detr"));
  EXPECT_EQ(triton_config("cells", model, {}),
            "name: \"cells\"\nplatform: \"onnxruntime_onnx\"\nmax_batch_size: 0\n"
            "input [\n"
            "  { name: \"pixels\" data_type: TYPE_FP32 dims: [ -1, 3, -1, -1 ] },\n"
            "  { name: \"padding_mask\" data_type: TYPE_BOOL dims: [ -1, -1, -1 ] }\n"
            "]\n"
            "output [\n"
            "  { name: \"boxes\" data_type: TYPE_FP32 dims: [ -1, -1, 4 ] },\n"
            "  { name: \"scores\" data_type: TYPE_FP32 dims: [ -1, -1 ] },\n"
            "  { name: \"category_ids\" data_type: TYPE_INT64 dims: [ -1, -1 ] }\n"
            "]\n");
  OnnxOptions options;
  options.input = InputKind::kImage;
  options.output = OutputKind::kRaw;
  const auto raw = triton_config("cells", model, options);
  EXPECT_NE(raw.find("{ name: \"image\" data_type: TYPE_UINT8 dims: [ -1, -1, 3 ] }"), std::string::npos)
      << raw;
  EXPECT_NE(raw.find("{ name: \"logits\" data_type: TYPE_FP32 dims: [ 1, -1, 4 ] }"), std::string::npos)
      << raw;
}

TEST(TritonConfig, RefusesNamesThatBreakIt) {
  const auto model = tiny_model(tiny_options("detr"));
  for (const char* name : {"", "a b", "a\"b", "../up"})
    EXPECT_THROW(triton_config(name, model, {}), Error) << name;
}

TEST(TritonFolder, IsNamedWellBeforeAnythingIsProved) {
  const TemporaryFolder folder;
  const auto runtime = folder.path() / "runtime";
  std::filesystem::create_directories(runtime / "node_modules" / "onnxruntime-node");
  exporter::ProofRequest proof;
  proof.runtime = exporter::OnnxRuntime::find(runtime.string());  // Which cannot run anything.
  const auto model = tiny_model(tiny_options("detr"));
  try {
    exporter::export_model(exporter::triton_target(), model, {}, proof, folder.path() / "two words");
    FAIL() << "exported";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("'two words': Triton names a model"), std::string::npos)
        << error.what();
  }
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "two words"));
}

}  // namespace
}  // namespace focus::test
