// A data set and a configuration for processes that train together.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "base/files.h"
#include "cli/run_command.h"
#include "cli/tiny_data.h"
#include "io/safetensors/safetensors.h"
#include "support/temporary_folder.h"

namespace focus::test {

/// Nothing in it depends on which images share a batch: no denoising groups, frozen normalisation, one
/// size.
inline constexpr const char* kSeparable = R"(
model:
  backbone: {name: resnet18, width: 8, norm: frozen, frozen_stages: 0}
  transformer: {width: 32, heads: 2, points: 2, feedforward_width: 32, encoder_layers: 1, decoder_layers: 2, queries: 10}
  focus: {cascade: [1.0], fine_grained_tokens: 10}
  denoising: {queries: 0}
  max_detections: 10
preprocess: {short_side: 64, max_side: 96}
augment: {short_sides: [64], max_side: 96, crop: 0}
loader: {workers: 1}
train: {epochs: 6, threads: 1, log_every: 1, eval_every: 5, optimizer: {lr: 1.0e-4}}
)";

class TrainTogetherTest : public testing::Test {
 protected:
  void SetUp() override {
    write_tiny_dataset(data_, 8);
    write_text(config_, kSeparable);
  }

  std::string arguments(const std::string& out, const std::string& more) const {
    return "train --data " + data_.string() + " --out " + (folder_.path() / out).string() + " --config " +
           config_.string() + " " + more;
  }
  Outcome train(const std::string& out, const std::string& more) const {
    return run_shell(kCommand + arguments(out, more));
  }

  std::vector<nlohmann::json> log(const std::string& out) const {
    const auto path = folder_.path() / out / "metrics.jsonl";
    std::vector<nlohmann::json> lines;
    if (!std::filesystem::exists(path)) return lines;
    std::istringstream text(read_file(path, 1 << 20));
    for (std::string line; std::getline(text, line);) lines.push_back(nlohmann::json::parse(line));
    return lines;
  }
  void expect_same_weights(const std::string& a, const std::string& b) const {
    const auto one = io::read_safetensors(folder_.path() / a / "last.safetensors").tensors;
    const auto other = io::read_safetensors(folder_.path() / b / "last.safetensors").tensors;
    ASSERT_EQ(one.size(), other.size());
    for (const auto& [name, tensor] : one) EXPECT_TRUE(tensor.equal(other.at(name))) << name;
  }

  TemporaryFolder folder_;
  std::filesystem::path data_ = folder_.path() / "data";
  std::filesystem::path config_ = folder_.path() / "separable.yaml";
};

}  // namespace focus::test
