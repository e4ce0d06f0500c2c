// Every stage of an evaluation pass against the reference's numbers.
#include <gtest/gtest.h>

#include <set>

#include "models/postprocess.h"
#include "models/support.h"
#include "support/golden.h"

namespace focus::test {
namespace {

std::set<int64_t> set_of(const at::Tensor& indices) {
  const auto flat = indices.to(at::kLong).contiguous();
  return {flat.data_ptr<int64_t>(), flat.data_ptr<int64_t>() + flat.numel()};
}

/// Rows of (1, n, C), whose tokens are `from` (1, n), in the order of tokens `to`.
at::Tensor in_order(const at::Tensor& rows, const at::Tensor& from, const at::Tensor& to) {
  const auto order_from = std::get<1>(from.to(at::kLong).sort(1));
  const auto rank_to = std::get<1>(std::get<1>(to.to(at::kLong).sort(1)).sort(1));
  return rows.gather(1, order_from.gather(1, rank_to).unsqueeze(-1).expand_as(rows));
}

/// Runs the model on the golden file's picture and compares everything the file holds. The order of two
/// proposals whose scores differ by less than float32's noise is chance, and all that follows depends on it;
/// float64 has the reference's order, so there the decoder is compared too.
void expect_parity(const std::string& file, bool fixed_top_k, at::ScalarType dtype) {
  const Golden golden(file);
  models::FocusDetrOptions options;
  options.quirks.fixed_top_k = fixed_top_k;
  models::FocusDetr model(options);
  fill_deterministic(model);
  model.eval();
  model.to(dtype);
  const auto& picture = golden.meta()["images"][0];
  auto batch = batch_of({image(picture[0].get<std::string>(), picture[1], picture[2])});
  batch.images = batch.images.to(dtype);
  golden.expect_matches("input", batch.images, 1e-6);

  at::NoGradGuard no_grad;
  models::Trace trace;
  const auto output = model.forward(batch, nullptr, &trace);
  const auto& t = trace.tensors;

  for (const std::string name : {"res3", "res4", "res5"}) {
    golden.expect_matches(name, t.at(name), golden.tolerance({name}));
    golden.expect_close(name + "_c0", t.at(name).select(1, 0), golden.tolerance({name}));
    golden.expect_close(name + "_last_c", t.at(name).select(1, -1), golden.tolerance({name}));
  }
  for (const std::string l : {"0", "1", "2", "3"}) {
    golden.expect_matches("neck" + l, t.at("neck" + l), golden.tolerance({"neck" + l}));
    golden.expect_close("neck" + l + "_c17", t.at("neck" + l).select(1, 17), golden.tolerance({"neck" + l}));
    golden.expect_matches("pos" + l, t.at("pos" + l), 1e-5);
    golden.expect_equal("mask" + l, t.at("mask" + l));
    const auto channels = at::tensor({0, 1, 128, 255}, at::kLong);
    golden.expect_close("pos" + l + "_c0_c1_c128_c255", t.at("pos" + l).index_select(1, channels), 1e-5);
  }
  golden.expect_matches("lvl_pos_embed_flatten", t.at("lvl_pos_embed_flatten"), 1e-5);
  golden.expect_equal("spatial_shapes", t.at("spatial_shapes"));
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
  golden.expect_matches("memory", t.at("memory"), golden.tolerance({"memory"}));
  golden.expect_close("memory_every64", t.at("memory").slice(1, 0, c10::nullopt, 64),
                      golden.tolerance({"memory"}));
  golden.expect_matches("output_memory", t.at("output_memory"), 1e-4);
  golden.expect_matches("enc_class_max", t.at("enc_class_max"), golden.tolerance({"enc_class_max"}));
  EXPECT_EQ(set_of(t.at("enc_topk_idx")), set_of(golden.at("enc_topk_idx")));
  if (dtype != at::kDouble) return;

  golden.expect_equal("enc_topk_idx", t.at("enc_topk_idx"));
  golden.expect_matches("enc_ref_sigmoid", t.at("enc_ref_sigmoid"), golden.tolerance({"enc_ref"}));
  golden.expect_matches("enc_state", t.at("enc_state"), golden.tolerance({"enc_state"}));
  golden.expect_matches("init_reference", t.at("init_reference"), golden.tolerance({"enc_ref"}));
  golden.expect_matches("inter_references", t.at("inter_references"), golden.tolerance({"inter_refs"}));

  std::vector<at::Tensor> largest, argmax;
  const double class_tolerance = golden.tolerance({"outputs_class"});
  for (int layer = 0; layer < 6; ++layer) {
    const auto l = std::to_string(layer);
    golden.expect_matches("dec" + l + "_out", t.at("dec" + l + "_out"),
                          golden.tolerance({"dec" + l + "_out"}));
    golden.expect_matches("outputs_class" + l, t.at("outputs_class" + l), class_tolerance);
    const auto [value, index] = t.at("outputs_class" + l).max(-1);
    largest.push_back(value);
    argmax.push_back(index);
  }
  golden.expect_close("outputs_class_max", at::stack(largest), class_tolerance);
  golden.expect_equal("outputs_class_argmax", at::stack(argmax));
  golden.expect_close("outputs_class5_q0_99", t.at("outputs_class5").slice(1, 0, 100), class_tolerance);
  golden.expect_matches("outputs_coord", t.at("outputs_coord"), golden.tolerance({"outputs_coord"}));

  const auto top = models::top_detections(output.layers.back(), options.max_detections);
  const double score_tolerance = class_tolerance / 4;  // A sigmoid's slope is at most a quarter.
  golden.expect_close("det_scores", top.scores, score_tolerance);
  golden.expect_equal("det_labels", top.labels);
  golden.expect_equal("det_query_idx", top.queries);
  golden.expect_close("det_boxes_cxcywh_norm", top.boxes, golden.tolerance({"outputs_coord"}));
  golden.expect_close("det_boxes_xyxy", models::pixel_boxes(top.boxes, batch.sizes),
                      400 * golden.tolerance({"outputs_coord"}));
}

TEST(FocusDetrParity, EveryStageOfAPicture) {
  FOCUS_NEEDS_SHARED_DATA();
  expect_parity("focus_a", /*fixed_top_k=*/true, at::kDouble);
}

TEST(FocusDetrParity, EncoderInSinglePrecision) {
  FOCUS_NEEDS_SHARED_DATA();
  expect_parity("focus_a", /*fixed_top_k=*/true, at::kFloat);
}

TEST(FocusDetrParity, PictureWithFewerTokensThanTheTopK) {
  FOCUS_NEEDS_SHARED_DATA();
  expect_parity("focus_small", /*fixed_top_k=*/false, at::kDouble);
}

}  // namespace
}  // namespace focus::test
