#include "train/checkpoint.h"

#include <gtest/gtest.h>

#include <fstream>

#include "base/error.h"
#include "io/safetensors/safetensors.h"
#include "nn/rng_state.h"
#include "support/temporary_folder.h"

namespace focus::train {
namespace {

using test::TemporaryFolder;

Checkpoint example(int64_t iteration) {
  Checkpoint checkpoint;
  checkpoint.position = {2, 7, iteration, 10, 1, true};
  checkpoint.best_metric = 0.1 + 0.2;
  checkpoint.options = {{"train", {{"seed", 3}, {"optimizer", {{"lr", 1e-4}}}}}};
  checkpoint.tensors = {{"model.w", at::arange(6).to(at::kFloat).view({2, 3})},
                        {"rng.cpu", nn::cpu_rng_state()}};
  return checkpoint;
}

std::string load_error(const CheckpointFolder& folder) {
  try {
    folder.load();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

void overwrite(const std::filesystem::path& path, const std::string& text) { std::ofstream(path) << text; }

TEST(Checkpoint, RoundTrip) {
  const TemporaryFolder folder;
  const auto written = example(27);
  write_checkpoint(folder.path() / "c", written);
  const auto read = read_checkpoint(folder.path() / "c");
  EXPECT_EQ(read.position, written.position);
  EXPECT_EQ(read.best_metric, written.best_metric);
  EXPECT_EQ(read.options, written.options);
  ASSERT_EQ(read.tensors.size(), 2u);
  EXPECT_TRUE(at::equal(read.tensors.at("model.w"), written.tensors.at("model.w")));
  EXPECT_TRUE(at::equal(read.tensors.at("rng.cpu"), written.tensors.at("rng.cpu")));
}

TEST(Checkpoint, SaysWhatIsWrongWithAFile) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "c";
  const auto error_with = [&](const std::string& key, const std::string& value) -> std::string {
    write_checkpoint(path, example(1));
    auto file = io::read_safetensors(path);
    value.empty() ? static_cast<void>(file.metadata.erase(key))
                  : static_cast<void>(file.metadata[key] = value);
    io::write_safetensors(path, file);
    try {
      read_checkpoint(path);
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_NE(error_with("format", "").find("no 'format'"), std::string::npos);
  EXPECT_NE(error_with("format", "focus-detr").find("its format is 'focus-detr'"), std::string::npos);
  EXPECT_NE(error_with("version", "2").find("version 2"), std::string::npos);
  EXPECT_NE(error_with("position", "[1").find("'position': not JSON"), std::string::npos);
  EXPECT_NE(error_with("position", "{}").find("'epoch' is not an integer"), std::string::npos);
  EXPECT_NE(error_with("position", R"({"epoch": -1})").find("'epoch' is -1"), std::string::npos);
  EXPECT_NE(error_with("position", R"({"epoch": 18446744073709551615})").find("'epoch' is"),
            std::string::npos);
  EXPECT_NE(error_with("best_metric", "best").find("'best_metric'"), std::string::npos);
  EXPECT_EQ(error_with("unknown", "kept"), "");
}

TEST(CheckpointFolder, KeepsTheLastTwo) {
  const TemporaryFolder folder;
  const CheckpointFolder checkpoints(folder.path());
  EXPECT_FALSE(checkpoints.load());
  for (int64_t i = 1; i <= 3; ++i) checkpoints.save(example(i));
  EXPECT_EQ(checkpoints.load()->checkpoint.position.iteration, 3);
  EXPECT_EQ(checkpoints.load()->notice, "");
  EXPECT_EQ(read_checkpoint(checkpoints.previous()).position.iteration, 2);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 2)
      << "nothing else stays behind";
}

TEST(CheckpointFolder, ADamagedLastOneFallsBackAndSaysSo) {
  const TemporaryFolder folder;
  const CheckpointFolder checkpoints(folder.path());
  checkpoints.save(example(1));
  checkpoints.save(example(2));
  std::filesystem::resize_file(checkpoints.last(), std::filesystem::file_size(checkpoints.last()) - 5);
  const auto loaded = checkpoints.load();
  ASSERT_TRUE(loaded);
  EXPECT_EQ(loaded->checkpoint.position.iteration, 1);
  EXPECT_EQ(loaded->path, checkpoints.previous());
  EXPECT_NE(loaded->notice.find("last.checkpoint.safetensors"), std::string::npos);

  std::filesystem::remove(checkpoints.last());
  EXPECT_NE(checkpoints.load()->notice.find("missing"), std::string::npos);

  overwrite(checkpoints.last(), "x");
  overwrite(checkpoints.previous(), "y");
  EXPECT_NE(load_error(checkpoints).find("nor can the checkpoint before it"), std::string::npos);
  std::filesystem::remove(checkpoints.previous());
  EXPECT_NE(load_error(checkpoints).find("no earlier checkpoint"), std::string::npos);
}

}  // namespace
}  // namespace focus::train
