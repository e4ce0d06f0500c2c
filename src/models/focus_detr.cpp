#include "models/focus_detr.h"

#include <algorithm>
#include <cmath>

#include "base/profile.h"
#include "nn/box_ops.h"
#include "nn/position_embedding.h"
#include "nn/reference_path.h"

namespace focus::models {
namespace {

Heads make_heads(const FocusDetrOptions& options) {
  constexpr double kPriorProbability =
      0.01;  // Focal loss: start from "nothing here" (RetinaNet, section 4.1).
  const int64_t width = options.transformer.width, count = options.transformer.decoder_layers + 1;
  Heads heads{std::make_shared<nn::ModuleList<nn::Linear>>(), std::make_shared<nn::ModuleList<nn::Mlp>>()};
  at::NoGradGuard no_grad;
  for (int64_t i = 0; i < count; ++i) {
    heads.classes->emplace(width, options.classes)
        .bias.fill_(-std::log((1 - kPriorProbability) / kPriorProbability));
    auto& last = heads.boxes->emplace(width, width, 4, 3).last();
    last.weight.zero_();
    last.bias.zero_();
  }
  return heads;
}

}  // namespace

FocusDetr::FocusDetr(const FocusDetrOptions& options) : options_(options) {
  options.validate();
  backbone_ = register_module("backbone", make_backbone(options.backbone));
  neck_ = register_module("neck", std::make_shared<Neck>(backbone_->channels(), options.transformer.width,
                                                         options.transformer.levels));
  transformer_ = register_module("transformer", std::make_shared<Transformer>(options));
  heads_ = make_heads(options);
  register_module("class_embed", heads_.classes);
  register_module("bbox_embed", heads_.boxes);
  label_enc_ = register_module("label_enc",
                               std::make_shared<nn::Embedding>(options.classes, options.transformer.width));
  random_ = std::make_shared<GeneratorSource>();
}

void FocusDetr::set_quirks(const ReferenceQuirks& quirks) {
  options_.quirks = quirks;
  transformer_->set_fixed_top_k(quirks.fixed_top_k);
}

void FocusDetr::set_focus(const FocusOptions& focus) {
  focus.validate(options_.transformer.encoder_layers);
  options_.focus = focus;
  transformer_->set_focus(focus);
}

std::optional<DenoisingQueries> FocusDetr::denoising_queries(const std::vector<nn::Target>& targets,
                                                             int64_t proposals) {
  return make_denoising_queries(targets, options_.denoising, label_enc_->weight, proposals, *random_);
}

nn::DetectorOutput FocusDetr::forward(const nn::ImageBatch& batch, const std::vector<nn::Target>* targets,
                                      Trace* trace) {
  const bool ignore_padding = !is_training() && options_.quirks.ignore_padding_in_eval;
  const auto mask = ignore_padding ? at::zeros_like(batch.padding_mask) : batch.padding_mask;
  const nn::ImageSize canvas{mask.size(1), mask.size(2)};
  const bool padded = !ignore_padding && (batch.sizes.empty() || nn::ReferencePath::active() ||
                                          std::any_of(batch.sizes.begin(), batch.sizes.end(),
                                                      [&](const auto& size) { return size != canvas; }));
  const bool all_layers = is_training() || trace || nn::ReferencePath::active();

  ProfileScope stage("backbone");
  const auto features = backbone_->forward(batch.images);
  stage.next("neck");
  const auto levels = neck_->forward(features);
  std::vector<at::Tensor> masks, positions;
  for (const auto& level : levels) {
    masks.push_back(level_padding_mask(mask, level.size(2), level.size(3)));
    positions.push_back(padded ? nn::sine_position_embedding(masks.back(), options_.transformer.width)
                               : nn::sine_position_embedding(level.size(0), level.size(2), level.size(3),
                                                             options_.transformer.width, mask.device()));
  }
  Tokens tokens = flatten_levels(levels, positions, masks, transformer_->level_embeds());
  tokens.padded = padded;
  stage.end();

  std::optional<DenoisingQueries> noised;
  Transformer::DenoisingFactory denoising;
  if (is_training() && targets) {
    denoising = [&](int64_t proposals) { return noised = denoising_queries(*targets, proposals); };
  }
  const auto result = transformer_->forward(tokens, heads_, denoising, trace);

  stage.next("heads");
  nn::DetectorOutput output;
  output.foreground_logits = result.foreground_logits;
  output.spatial_shapes = tokens.shapes;
  if (all_layers) {
    output.proposals = {(*heads_.classes)[heads_.classes->size() - 1].forward(result.proposal_features),
                        result.proposal_boxes};
  }
  const size_t layers = result.decoder.states.size();
  for (size_t l = all_layers ? 0 : layers - 1; l < layers; ++l) {
    const auto& state = result.decoder.states[l];
    const auto& reference = l == 0 ? result.initial_references : result.decoder.references[l - 1];
    output.layers.push_back(
        {(*heads_.classes)[l].forward(state),
         at::sigmoid((*heads_.boxes)[l].forward(state) + nn::inverse_sigmoid(reference))});
  }
  stage.end();
  if (noised) {
    const int64_t count = noised->groups * noised->group_size;
    output.denoising = nn::DenoisingOutput{{}, noised->groups, noised->group_size};
    for (auto& layer : output.layers) {
      output.denoising->layers.push_back({layer.logits.slice(1, 0, count), layer.boxes.slice(1, 0, count)});
      layer = {layer.logits.slice(1, count), layer.boxes.slice(1, count)};
    }
  }

  if (trace) {
    record(trace, "input", batch.images);
    for (size_t i = 0; i < features.size(); ++i) record(trace, "res" + std::to_string(i + 3), features[i]);
    for (size_t l = 0; l < levels.size(); ++l) {
      const auto n = std::to_string(l);
      record(trace, "neck" + n, levels[l]);
      record(trace, "pos" + n, positions[l]);
      record(trace, "mask" + n, masks[l]);
    }
    record(trace, "spatial_shapes", tokens.levels.spatial_shapes);
    record(trace, "valid_ratios", tokens.valid_ratios);
    record(trace, "lvl_pos_embed_flatten", tokens.position);
    std::vector<at::Tensor> boxes;
    for (size_t l = 0; l < layers; ++l) {
      record(trace, "outputs_class" + std::to_string(l), output.layers[l].logits);
      boxes.push_back(output.layers[l].boxes);
    }
    record(trace, "outputs_coord", at::stack(boxes));
  }
  return output;
}

}  // namespace focus::models
