#include <gtest/gtest.h>

#include <filesystem>
#include <set>

#include "base/error.h"
#include "export/target.h"
#include "export/tiny_models.h"
#include "support/temporary_folder.h"

namespace focus::test {
namespace {

TEST(ExportTargets, AreFoundByTheirNames) {
  std::set<std::string> names;
  for (const auto* target : exporter::export_targets()) {
    EXPECT_TRUE(names.insert(target->name()).second) << target->name() << " comes twice";
    EXPECT_EQ(&exporter::export_target(target->name()), target);
  }
  EXPECT_EQ(names, (std::set<std::string>{"onnx", "openvino", "triton"}));
  try {
    exporter::export_target("tflite");
    FAIL() << "found";
  } catch (const UsageError& error) {
    EXPECT_NE(std::string(error.what()).find("'tflite'"), std::string::npos) << error.what();
    for (const auto& name : names) EXPECT_NE(std::string(error.what()).find(name), std::string::npos) << name;
  }
}

// Every target writes the graph that was proved, and says where.
TEST(ExportTargets, WriteTheModel) {
  const auto model = tiny_model(tiny_options("detr"));
  const TemporaryFolder folder;
  for (const auto* target : exporter::export_targets()) {
    SCOPED_TRACE(target->name());
    const auto out = folder.path() / target->name();
    target->check(model, {}, out);
    const auto file = target->write("a model", model, {}, out);
    EXPECT_EQ(std::filesystem::file_size(file), 7u);
    EXPECT_TRUE(file.string().starts_with(out.string()));
  }
}

}  // namespace
}  // namespace focus::test
