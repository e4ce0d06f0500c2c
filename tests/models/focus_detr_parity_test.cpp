// Every stage of an evaluation pass against the reference's numbers.
#include <gtest/gtest.h>

#include "models/focus_detr.h"
#include "models/parity.h"

namespace focus::test {
namespace {

/// Rows of (1, n, C), whose tokens are `from` (1, n), in the order of tokens `to`.
at::Tensor in_order(const at::Tensor& rows, const at::Tensor& from, const at::Tensor& to) {
  const auto order_from = std::get<1>(from.to(at::kLong).sort(1));
  const auto rank_to = std::get<1>(std::get<1>(to.to(at::kLong).sort(1)).sort(1));
  return rows.gather(1, order_from.gather(1, rank_to).unsqueeze(-1).expand_as(rows));
}

/// Runs the model on the golden file's image and compares everything the file holds; the decoder only in
/// float64.
void expect_parity(const std::string& file, bool fixed_top_k, at::ScalarType dtype, bool prepared = false) {
  const Golden golden(file);
  models::DetectorOptions options;
  options.quirks.fixed_top_k = fixed_top_k;
  models::FocusDetr model(options);
  const ParityRun run(model, golden, dtype, prepared);
  const auto& t = run.trace.tensors;

  if (!prepared) expect_same_features(golden, run.trace);
  expect_same_tokens(golden, run.trace);
  golden.expect_matches("lvl_pos_embed_flatten", t.at("lvl_pos_embed_flatten"), 1e-5);
  golden.expect_matches("valid_ratios", t.at("valid_ratios"), 0);
  golden.expect_equal("valid_token_nums", t.at("valid_token_nums"));
  golden.expect_equal("focus_token_nums", t.at("focus_token_nums"));
  golden.expect_equal("layer_token_counts", t.at("layer_token_counts"));
  golden.expect_matches("scoring_memory", t.at("scoring_memory"), 1e-4);
  golden.expect_matches("fg_score", t.at("fg_score"), golden.tolerance({"fg_score"}));
  golden.expect_matches("fg_score_masked", t.at("fg_score_masked"), golden.tolerance({"fg_score"}));
  golden.expect_matches("output_proposals", t.at("output_proposals"), 1e-5);
  golden.expect_matches("enc_reference_points", t.at("enc_reference_points"), 1e-6);

  for (int layer = 0; layer < 6; ++layer) {
    const auto l = std::to_string(layer);
    const auto kept = t.at("fg_inds" + l), chosen = t.at("oesm" + l + "_token_idx");
    EXPECT_EQ(set_of(kept), set_of(golden.at("fg_inds" + l))) << "layer " << l;
    EXPECT_EQ(set_of(chosen), set_of(golden.at("oesm" + l + "_token_idx"))) << "layer " << l;
    const double tolerance = golden.tolerance({"enc" + l + "_out"});
    const auto updated = in_order(t.at("enc" + l + "_out"), kept, golden.at("fg_inds" + l));
    golden.expect_matches("enc" + l + "_out", updated, tolerance);
    golden.expect_close("enc" + l + "_out_first4", updated.slice(1, 0, 4), tolerance);
    const auto score =
        in_order(t.at("oesm" + l + "_mc_score_all").unsqueeze(-1), kept, golden.at("fg_inds" + l));
    golden.expect_close("oesm" + l + "_mc_score_all", score.squeeze(-1), 1e-3);
  }
  expect_same_memory(golden, run.trace);
  if (dtype == at::kDouble) expect_same_answer(golden, model, run);
}

TEST(FocusDetrParity, EveryStageOfAImage) {
  FOCUS_NEEDS_SHARED_DATA();
  expect_parity("focus_a", /*fixed_top_k=*/true, at::kDouble);
}

TEST(FocusDetrParity, EncoderInSinglePrecision) {
  FOCUS_NEEDS_SHARED_DATA();
  expect_parity("focus_a", /*fixed_top_k=*/true, at::kFloat);
}

TEST(FocusDetrParity, EncoderOfAPreparedModel) {
  FOCUS_NEEDS_SHARED_DATA();
  expect_parity("focus_a", /*fixed_top_k=*/true, at::kFloat, /*prepared=*/true);
}

TEST(FocusDetrParity, ImageWithFewerTokensThanTheTopK) {
  FOCUS_NEEDS_SHARED_DATA();
  expect_parity("focus_small", /*fixed_top_k=*/false, at::kDouble);
}

}  // namespace
}  // namespace focus::test
