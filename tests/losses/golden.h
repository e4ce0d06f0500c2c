// The reference's numbers for single parts and for one training step, and how tests compare with them.
#pragma once

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "io/safetensors/safetensors.h"
#include "nn/batch.h"
#include "support/golden.h"

namespace focus::test {

/// One tensor of golden/<file>.safetensors.
inline at::Tensor golden(const std::string& file, const std::string& name) {
  static std::map<std::string, io::TensorFile> files;
  if (!files.contains(file)) {
    files[file] = io::read_safetensors(golden_file(file + ".safetensors"));
  }
  return files[file].tensors.at(name);
}

/// The description that comes with train_focus: ground truth, draws, losses.
inline nlohmann::json golden_training() {
  return nlohmann::json::parse(
      io::read_safetensors(golden_file("train_focus.safetensors")).metadata.at("json"));
}

/// Ground truth of train_focus.
inline std::vector<nn::Target> golden_targets() {
  const auto description = golden_training();
  std::vector<nn::Target> targets;
  for (size_t i = 0; i < description["gt"].size(); ++i) {
    const auto& [boxes, labels] = description["gt"][i].get<std::pair<nlohmann::json, std::vector<int64_t>>>();
    nn::Target target;
    target.size = {description["images"][i][1], description["images"][i][2]};
    const auto width = static_cast<float>(target.size.width), height = static_cast<float>(target.size.height);
    target.labels = at::tensor(labels, at::kLong);
    std::vector<float> cxcywh;
    for (const auto& box : boxes) {
      const float x1 = box[0].get<float>() / width, y1 = box[1].get<float>() / height;
      const float x2 = box[2].get<float>() / width, y2 = box[3].get<float>() / height;
      cxcywh.insert(cxcywh.end(), {(x1 + x2) / 2, (y1 + y2) / 2, x2 - x1, y2 - y1});
    }
    target.boxes = at::tensor(cxcywh).view({-1, 4});
    targets.push_back(target);
  }
  return targets;
}

/// The n elements a golden X_sub holds of X.
inline at::Tensor strided_sample(const at::Tensor& x, int64_t n) {
  const at::Tensor index = (at::arange(n, at::kLong) * x.numel()).div(n, "floor");
  return x.flatten().index_select(0, index);
}

inline void expect_close(const at::Tensor& actual, const at::Tensor& expected, double tolerance) {
  ASSERT_EQ(actual.sizes(), expected.sizes());
  const double error = (actual - expected).abs().max().item<double>();
  EXPECT_LE(error, tolerance);
}

}  // namespace focus::test
