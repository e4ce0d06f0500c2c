#include "models/multi_scale_detector.h"

#include "base/error.h"
#include "base/profile.h"
#include "nn/position_embedding.h"
#include "nn/reference_path.h"

namespace focus::models {

MultiScaleDetector::MultiScaleDetector(const DetectorOptions& options) : Detector(options) {
  neck_ = register_module("neck", std::make_shared<Neck>(backbone_->channels(), options.transformer.width,
                                                         options.transformer.levels));
}

void MultiScaleDetector::set_keep_ratio(double ratio) {
  if (!token_encoder().keep_ratio()) return Detector::set_keep_ratio(ratio);
  if (!(ratio >= FocusOptions::kLeastKeepRatio && ratio <= 1)) {
    fail_usage("the keep ratio is {}; it takes a number, at least {}, at most 1", ratio,
               FocusOptions::kLeastKeepRatio);
  }
  token_encoder().set_keep_ratio(ratio);
}

nn::DetectorOutput MultiScaleDetector::run(const nn::ImageBatch& batch,
                                           const std::vector<nn::Target>* targets, Trace* trace) {
  const auto padding = padding_of(batch, /*ignore=*/!is_training() && options_.quirks.ignore_padding_in_eval);
  const auto& o = options_.transformer;
  Pass pass;
  pass.training = is_training();
  pass.all_layers = is_training() || trace || nn::ReferencePath::active();
  pass.fixed_top_k = options_.quirks.fixed_top_k;
  pass.trace = trace;

  ProfileScope stage("backbone");
  const auto features = backbone_->forward(batch.images);
  stage.next("neck");
  const auto levels = neck_->forward(features);
  std::vector<at::Tensor> masks, positions;
  const auto make_tokens = [&] {
    const nn::SineEncoding encode{o.width, o.position_temperature, o.position_offset};
    for (const auto& level : levels) {
      masks.push_back(level_padding_mask(padding.mask, level.size(2), level.size(3)));
      positions.push_back(padding.any ? encode(masks.back())
                                      : encode(level.size(0), level.size(2), level.size(3), level.device()));
    }
    auto tokens = flatten_levels(levels, positions, masks, level_embeds());
    tokens.padded = padding.any;
    return tokens;
  };
  // A trace records the masks and positions, which a cached geometry does not keep per level.
  const bool geometry_stays = !padding.any && !at::GradMode::is_enabled() && !trace &&
                              batch.images.is_cpu() && !nn::ReferencePath::active();
  const auto tokens =
      geometry_stays ? geometries_.tokens(levels, level_embeds(), make_tokens) : make_tokens();
  stage.end();

  auto output = detect(tokens, targets, pass);
  output.spatial_shapes = tokens.shapes;

  if (trace) {
    record(trace, "input", batch.images);
    const auto first = static_cast<int64_t>(6 - features.size());  // res5 is the last, with stride 32.
    for (size_t i = 0; i < features.size(); ++i) {
      record(trace, "res" + std::to_string(first + static_cast<int64_t>(i)), features[i]);
    }
    for (size_t l = 0; l < levels.size(); ++l) {
      const auto n = std::to_string(l);
      record(trace, "neck" + n, levels[l]);
      record(trace, "pos" + n, positions[l]);
      record(trace, "mask" + n, masks[l]);
    }
    record(trace, "spatial_shapes", tokens.levels.spatial_shapes);
    record(trace, "valid_ratios", tokens.valid_ratios);
    record(trace, "lvl_pos_embed_flatten", tokens.position);
    record(trace, "enc_reference_points", token_reference_points(tokens));
    record(trace, "valid_token_nums", tokens.padding_mask.logical_not().sum(1));
    record_predictions(trace, output);
  }
  return output;
}

void MultiScaleDetector::add_encoded(nn::DetectorOutput& output, const Encoded& encoded,
                                     const at::Tensor& attention) const {
  output.encoder_layers = encoded.layers;
  if (!token_encoder().wants_decoder_attention()) {
    output.foreground_logits = encoded.scores;
  } else if (attention.defined()) {
    output.attention_scores = nn::AttentionScores{encoded.scores, attention, encoded.counts};
  }
}

}  // namespace focus::models
