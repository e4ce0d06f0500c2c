// What detectors of DINO's family are compared with the reference in.
#pragma once

#include <set>

#include "models/decoders/postprocess.h"
#include "models/detector.h"
#include "models/support.h"
#include "nn/prepare.h"
#include "support/golden.h"

namespace focus::test {

inline std::set<int64_t> set_of(const at::Tensor& indices) {
  const auto flat = indices.to(at::kLong).contiguous();
  return {flat.data_ptr<int64_t>(), flat.data_ptr<int64_t>() + flat.numel()};
}

/// A model of weights made from their names, and what it makes of a golden file's image.
struct ParityRun {
  nn::ImageBatch batch;
  models::Trace trace;
  nn::DetectorOutput output;

  ParityRun(models::Detector& model, const Golden& golden, at::ScalarType dtype, bool prepared = false) {
    fill_deterministic(model);
    model.eval();
    model.to(dtype);
    const auto& first = golden.meta()["images"][0];
    batch = batch_of({image(first[0].get<std::string>(), first[1], first[2])});
    batch.images = batch.images.to(dtype);
    at::NoGradGuard no_grad;
    if (prepared) nn::prepare(model);
    output = model.forward(batch, nullptr, &trace);
  }
};

/// The backbone's features; those of a prepared model have another layout.
inline void expect_same_features(const Golden& golden, const models::Trace& trace) {
  const auto& t = trace.tensors;
  for (const std::string name : {"res3", "res4", "res5"}) {
    golden.expect_matches(name, t.at(name), golden.tolerance({name}));
    golden.expect_close(name + "_c0", t.at(name).select(1, 0), golden.tolerance({name}));
    golden.expect_close(name + "_last_c", t.at(name).select(1, -1), golden.tolerance({name}));
  }
}

/// The image, the neck's features and their places.
inline void expect_same_tokens(const Golden& golden, const models::Trace& trace) {
  const auto& t = trace.tensors;
  golden.expect_matches("input", t.at("input"), 1e-6);
  for (const std::string l : {"0", "1", "2", "3"}) {
    golden.expect_matches("neck" + l, t.at("neck" + l), golden.tolerance({"neck" + l}));
    golden.expect_close("neck" + l + "_c17", t.at("neck" + l).select(1, 17), golden.tolerance({"neck" + l}));
    golden.expect_matches("pos" + l, t.at("pos" + l), 1e-5);
    golden.expect_equal("mask" + l, t.at("mask" + l));
    const auto channels = at::tensor({0, 1, 128, 255}, at::kLong);
    golden.expect_close("pos" + l + "_c0_c1_c128_c255", t.at("pos" + l).index_select(1, channels), 1e-5);
  }
  golden.expect_equal("spatial_shapes", t.at("spatial_shapes"));
}

/// The encoder's result and the chosen proposals.
inline void expect_same_memory(const Golden& golden, const models::Trace& trace) {
  const auto& t = trace.tensors;
  golden.expect_matches("memory", t.at("memory"), golden.tolerance({"memory"}));
  golden.expect_close("memory_every64", t.at("memory").slice(1, 0, c10::nullopt, 64),
                      golden.tolerance({"memory"}));
  golden.expect_matches("output_memory", t.at("output_memory"), 1e-4);
  golden.expect_matches("enc_class_max", t.at("enc_class_max"), golden.tolerance({"enc_class_max"}));
  EXPECT_EQ(set_of(t.at("enc_topk_idx")), set_of(golden.at("enc_topk_idx")));
}

/// Proposals, the decoder and the answer. The order of two proposals whose scores differ by less than
/// float32's noise is chance, and all that follows depends on it: compare only runs in float64.
inline void expect_same_answer(const Golden& golden, const models::Detector& model, const ParityRun& run) {
  const auto& t = run.trace.tensors;
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

  const auto top = models::top_detections(run.output.layers.back(), model.options().max_detections);
  const double score_tolerance = class_tolerance / 4;  // A sigmoid's slope is at most a quarter.
  golden.expect_close("det_scores", top.scores, score_tolerance);
  golden.expect_equal("det_labels", top.labels);
  golden.expect_equal("det_query_idx", top.queries);
  golden.expect_close("det_boxes_cxcywh_norm", top.boxes, golden.tolerance({"outputs_coord"}));
  golden.expect_close("det_boxes_xyxy", models::pixel_boxes(top.boxes, run.batch.sizes),
                      400 * golden.tolerance({"outputs_coord"}));
}

}  // namespace focus::test
