#include "support/golden.h"

#include <regex>

namespace focus::test {

at::Tensor excerpt(const at::Tensor& x, int64_t n) {
  const auto flat = x.contiguous().flatten();
  if (n >= flat.numel()) return flat;
  return flat.index_select(0, (at::arange(n, at::kLong) * flat.numel()).div(n, "floor"));
}

at::Tensor statistics(const at::Tensor& x) {
  const auto flat = x.contiguous().flatten().to(at::kDouble);
  const auto ramp = at::arange(flat.numel(), at::kLong).remainder(251).to(at::kDouble) + 1;
  return at::stack({flat.mean(), flat.std(/*unbiased=*/false), flat.abs().sum(), flat.sum(),
                    (flat * ramp).sum() / static_cast<double>(flat.numel())});
}

std::filesystem::path golden_file(const std::string& name) {
  const auto kept = std::filesystem::path(FOCUS_DETR_SOURCE_DIR) / "tests" / "golden" / name;
  return std::filesystem::exists(kept) ? kept : shared_dir() / "golden" / name;
}

Golden::Golden(const std::string& name)
    : name_(name), file_(io::read_safetensors(golden_file(name + ".safetensors"))) {
  const auto found = file_.metadata.find("json");
  if (found == file_.metadata.end()) return;
  // Python writes infinities, which JSON does not have.
  meta_ = nlohmann::json::parse(std::regex_replace(found->second, std::regex(": -?Infinity"), ": null"));
}

at::Tensor Golden::at(const std::string& name) const { return file_.tensors.at(name); }

double Golden::tolerance(std::initializer_list<std::string> keys) const {
  for (const char* table : {"noise_fp32_vs_fp64_maxabs", "eval_noise"}) {
    if (!meta_.contains(table)) continue;
    for (const auto& key : keys) {
      if (meta_[table].contains(key)) return 10 * meta_[table][key].get<double>();
    }
  }
  return 1e-4;
}

void Golden::expect_equal(const std::string& name, const at::Tensor& actual) const {
  const auto expected = at(name).to(at::kLong), found = actual.to(at::kLong);
  ASSERT_EQ(expected.sizes(), found.sizes()) << name_ << "/" << name;
  EXPECT_EQ(expected.ne(found).sum().item<int64_t>(), 0) << name_ << "/" << name << ": entries differ";
}

void Golden::expect_close(const std::string& name, const at::Tensor& actual, double tolerance) const {
  const auto expected = at(name).to(at::kDouble), found = actual.to(at::kDouble);
  ASSERT_EQ(expected.sizes(), found.sizes()) << name_ << "/" << name;
  if (expected.numel() == 0) return;
  // Equal infinities are equal.
  const auto difference = at::where(expected.eq(found), at::zeros_like(found), (expected - found).abs());
  EXPECT_LE(difference.max().item<double>(), tolerance) << name_ << "/" << name;
}

void Golden::expect_matches(const std::string& name, const at::Tensor& actual, double tolerance) const {
  const bool whole = has(name), sub = has(name + "_sub"), stats = has(name + "_stats");
  EXPECT_TRUE(whole || sub || stats) << name_ << " has no " << name;
  if (whole) expect_close(name, actual, tolerance);
  if (sub) expect_close(name + "_sub", excerpt(actual, at(name + "_sub").numel()), tolerance);
  if (stats) {
    const auto expected = at(name + "_stats"), found = statistics(actual);
    const auto numel = static_cast<double>(actual.numel());
    const auto allowed = at::tensor({1.0, 1.0, numel, numel, 126.0}, at::kDouble) * tolerance;
    EXPECT_TRUE((expected - found).abs().le(allowed).all().item<bool>())
        << name_ << "/" << name << "_stats: expected " << expected << " found " << found;
  }
}

}  // namespace focus::test
