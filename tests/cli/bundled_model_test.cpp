// The bundled model.
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/files.h"
#include "cli/run_command.h"
#include "support/temporary_folder.h"

namespace focus::test {
namespace {

namespace fs = std::filesystem;

const fs::path kModel = fs::path(FOCUS_DETR_SOURCE_DIR) / "models/codes.safetensors";

TEST(BundledModel, IsSmallAndNamesItsClasses) {
  EXPECT_LE(fs::file_size(kModel), 12'000'000u);
  const auto outcome = run("model info " + kModel.string());
  ASSERT_EQ(outcome.code, 0) << outcome.output;
  for (const char* name : {"barcode", "qr_code", "data_matrix", "aztec", "pdf417"})
    EXPECT_NE(outcome.output.find(name), std::string::npos) << name;
}

TEST(BundledModel, SaysNotWhereItWasMade) {
  const auto outcome = run("model info --json " + kModel.string());
  ASSERT_EQ(outcome.code, 0) << outcome.output;
  const auto info = nlohmann::json::parse(outcome.output);
  EXPECT_EQ(info.at("provenance").at("run").at("start").at("model"), "old.safetensors");
  const auto flat = info.at("provenance").flatten();
  for (const auto& [key, value] : flat.items()) {
    if (!value.is_string()) continue;
    EXPECT_EQ(value.get<std::string>().find('/'), std::string::npos) << key << value;
  }
}

TEST(BundledModel, FindsCodesInImagesItHasNotSeen) {
  const TemporaryFolder folder;
  const auto scenes = (folder.path() / "scenes").string(), json = (folder.path() / "found.json").string();
  const auto drawn = run("dataset synth --scene codes --min-size 60 --out " + scenes +
                         " --train 0 --val 0 --test 60 --seed 4321");
  ASSERT_EQ(drawn.code, 0) << drawn.output;
  const auto outcome =
      run("eval --model " + kModel.string() + " --data " + scenes + " --split test --json " + json);
  ASSERT_EQ(outcome.code, 0) << outcome.output;
  const auto metrics = nlohmann::json::parse(read_file(json, 1 << 20));
  // Well below what docs/codes.md states, since the images are few: it tells a broken model from a working
  // one.
  EXPECT_GT(metrics["AP50"].get<double>(), 0.2);
  EXPECT_GT(metrics["AR_100"].get<double>(), 0.4);
}

}  // namespace
}  // namespace focus::test
