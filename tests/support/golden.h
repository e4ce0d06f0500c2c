// Golden numbers of the reference: files of tensors, excerpts of tensors, and how far the reference itself
// wobbles.
#pragma once

#include <ATen/ATen.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

#include "io/safetensors/safetensors.h"
#include "support/shared_data.h"

namespace focus::test {

/// n elements of x at flat indices (j * numel) / n of the C-order flattening.
at::Tensor excerpt(const at::Tensor& x, int64_t n);

/// Mean, population standard deviation, sum of |x|, sum of x, sum of x_i ((i mod 251) + 1) / numel, in
/// double.
at::Tensor statistics(const at::Tensor& x);

/// A golden file: tests/golden/NAME of the project if it is kept there, else NAME in the shared data.
std::filesystem::path golden_file(const std::string& name);

/// One golden file. Its expect_* methods add GTest failures that name the tensor and the largest difference.
class Golden {
 public:
  /// Reads golden_file("NAME.safetensors").
  explicit Golden(const std::string& name);

  bool has(const std::string& name) const { return file_.tensors.count(name) > 0; }
  at::Tensor at(const std::string& name) const;
  const nlohmann::json& meta() const { return meta_; }

  /// Ten times the reference's own noise under the first of the given keys that is listed, else 1e-4.
  double tolerance(std::initializer_list<std::string> keys) const;

  void expect_equal(const std::string& name, const at::Tensor& actual) const;
  void expect_close(const std::string& name, const at::Tensor& actual, double tolerance) const;

  /// Compares with NAME itself, NAME_sub and NAME_stats, whichever the file holds; at least one must be
  /// there.
  void expect_matches(const std::string& name, const at::Tensor& actual, double tolerance) const;

 private:
  std::string name_;
  io::TensorFile file_;
  nlohmann::json meta_;
};

}  // namespace focus::test
