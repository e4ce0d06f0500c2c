// Tables of detectors' weights: detrex, Deformable DETR and its successors, DETR; and the list of all tables.
#include "models/checkpoints/name_tables.h"

#include "models/backbones/backbone_family.h"

namespace focus::models {
namespace {

/// Drops what an averaged model's file holds besides its weights.
const NameSteps& averaged() {
  static const NameSteps steps{{{"n_averaged", "", "a counter of averaging steps"}}};
  return steps;
}

/// The backbones of detectors whose first module joins a backbone and a position encoding.
NameSteps joined_backbones() {
  NameSteps all;
  for (const auto& family : backbone_families()) {
    if (family.in_detectors) all = joined({all, family.in_detectors("backbone.0.")});
  }
  return all;
}

}  // namespace

NameSteps detrex_steps() {
  std::vector<NameRule> rules{{"*.num_batches_tracked", "", "a counter of training steps"},
                              // The reference lists tensors that modules share under several names.
                              {"transformer.decoder.class_embed.*", "class_embed.*", {}, true},
                              {"transformer.decoder.bbox_embed.*", "bbox_embed.*", {}, true},
                              {"transformer.encoder.enhance_MCSP.#.*", "class_embed.@.*", {}, true},
                              {"enhance_MCSP_layerlist.#.*", "class_embed.@.*", {}, true}};
  for (const auto& family : backbone_families()) {
    rules.insert(rules.end(), family.beside.begin(), family.beside.end());
  }
  return {rules};
}

NameSteps transformer_layer_steps() {
  std::vector<NameRule> rules;
  for (const std::string part : {"encoder", "decoder"}) {
    const std::string layer = "transformer." + part + ".layers.#.";
    rules.push_back({layer + "linear1.*", layer + "ffns.0.layers.0.0.*"});
    rules.push_back({layer + "linear2.*", layer + "ffns.0.layers.1.*"});
  }
  const std::string encoder = "transformer.encoder.layers.#.", decoder = "transformer.decoder.layers.#.";
  rules.push_back({encoder + "norm1.*", encoder + "norms.0.*"});
  rules.push_back({encoder + "norm2.*", encoder + "norms.1.*"});
  rules.push_back({decoder + "norm3.*", decoder + "norms.2.*"});
  rules.push_back({decoder + "self_attn.*", decoder + "attentions.0.attn.*"});
  return {rules};
}

NameSteps deformable_steps() {
  const char* const kListedAgain = "a copy of a tensor of class_embed or bbox_embed";
  std::vector<NameRule> rules{{"transformer.level_embed", "transformer.level_embeds"},
                              {"transformer.encoder.class_embed.*", "", kListedAgain},
                              {"transformer.encoder.bbox_embed.*", "", kListedAgain},
                              {"transformer.decoder.class_embed.*", "class_embed.*", {}, true},
                              {"transformer.decoder.bbox_embed.*", "bbox_embed.*", {}, true},
                              {"transformer.enc_out_class_embed.*", "class_embed.@.*", {}, true},
                              {"transformer.enc_out_bbox_embed.*", "bbox_embed.@.*", {}, true}};
  for (int level = 0; level < 6; ++level) {
    const std::string theirs = "input_proj." + std::to_string(level);
    const std::string ours =
        level < 3 ? "neck.convs." + std::to_string(level) : "neck.extra_convs." + std::to_string(level - 3);
    rules.push_back({theirs + ".0.*", ours + ".conv.*"});
    rules.push_back({theirs + ".1.*", ours + ".norm.*"});
  }
  const std::string encoder = "transformer.encoder.layers.#.", decoder = "transformer.decoder.layers.#.";
  rules.push_back({encoder + "self_attn.*", encoder + "attentions.0.*"});
  rules.push_back({decoder + "cross_attn.*", decoder + "attentions.1.*"});
  // Their norms are numbered in order of declaration, ours in order of use: self-attention comes first.
  rules.push_back({decoder + "norm2.*", decoder + "norms.0.*"});
  rules.push_back({decoder + "norm1.*", decoder + "norms.1.*"});
  return joined({joined_backbones(), {rules}, transformer_layer_steps()});
}

NameSteps detr_steps() {
  const std::string encoder = "transformer.encoder.layers.#.", decoder = "transformer.decoder.layers.#.";
  const std::vector<NameRule> rules{{"class_embed.*", "class_embed.0.*"},
                                    {"bbox_embed.*", "bbox_embed.0.*"},
                                    {encoder + "self_attn.*", encoder + "attentions.0.attn.*"},
                                    {decoder + "multihead_attn.*", decoder + "attentions.1.attn.*"},
                                    {decoder + "norm1.*", decoder + "norms.0.*"},
                                    {decoder + "norm2.*", decoder + "norms.1.*"}};
  return joined({joined_backbones(), {rules}, transformer_layer_steps()});
}

std::vector<NameMap> make_name_tables() {
  const std::string layer = "transformer.encoder.layers.#.";
  std::vector<NameMap> maps;
  maps.push_back({"detrex",
                  "detrex's Focus-DETR and DINO, and this project's own",
                  {{"neck.convs.#.*", layer + "ffns.0.*"}},
                  joined({averaged(), detrex_steps()})});
  maps.push_back({"sparse-detr",
                  "kakaobrain/sparse-detr",
                  {{"input_proj.#.*", "transformer.enc_mask_predictor.*", layer + "self_attn.*"}},
                  joined({averaged(), deformable_steps()})});
  maps.push_back({"dino",
                  "IDEA-Research/DINO",
                  {{"input_proj.#.*", "transformer.decoder.ref_point_head.*", layer + "self_attn.*"}},
                  joined({averaged(), deformable_steps()})});
  maps.back().notes = {
      "its position encoding has temperature 20 and no offset, where detrex has 10000 and -0.5: "
      "model.transformer.position_temperature and position_offset are set to match"};
  maps.push_back({"deformable-detr",
                  "fundamentalvision/Deformable-DETR",
                  {{"input_proj.#.*", layer + "self_attn.*"}},
                  joined({averaged(), deformable_steps()})});
  maps.push_back({"detr",
                  "facebookresearch/detr",
                  {{"input_proj.weight", "query_embed.weight", layer + "self_attn.in_proj_weight"}},
                  joined({averaged(), detr_steps()})});
  for (const auto& family : backbone_families()) {
    for (auto map : family.sources) {
      map.steps = joined({averaged(), map.steps});
      map.backbone_only = true;
      maps.push_back(std::move(map));
    }
  }
  return maps;
}

}  // namespace focus::models
