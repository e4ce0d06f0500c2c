// Tables of detectors' weights: detrex, and the family of Deformable DETR; and the list of all tables.
#include "models/name_tables.h"

namespace focus::models {
namespace {

using Steps = std::vector<std::vector<NameRule>>;

/// Several steps, one list after the other.
Steps joined(std::initializer_list<Steps> lists) {
  Steps all;
  for (const auto& list : lists) all.insert(all.end(), list.begin(), list.end());
  return all;
}

/// What data-parallel training puts before every name.
const Steps& unwrapped() {
  static const Steps steps{{{"module.*", "*"}}};
  return steps;
}

const char* const kNotInFocusDetr = "Focus-DETR has no such part";

}  // namespace

Steps detrex_steps() {
  std::vector<NameRule> rules{{"*.num_batches_tracked", "", "a counter of training steps"},
                              // The reference lists tensors that modules share under several names.
                              {"transformer.decoder.class_embed.*", "class_embed.*"},
                              {"transformer.decoder.bbox_embed.*", "bbox_embed.*"},
                              {"transformer.encoder.enhance_MCSP.#.*", "class_embed.@.*"},
                              {"enhance_MCSP_layerlist.#.*", "class_embed.@.*"}};
  // detrex's DINO has one attention in an encoder layer; it is the second here.
  for (const std::string part : {"sampling_offsets", "attention_weights", "value_proj", "output_proj"}) {
    const auto name_in = [&](int attention) {
      return fmt::format("transformer.encoder.layers.#.attentions.{}.{}.*", attention, part);
    };
    rules.push_back({name_in(0), name_in(1)});
  }
  return {rules};
}

Steps deformable_steps() {
  std::vector<NameRule> rules{
      {"transformer.level_embed", "transformer.level_embeds"},
      {"transformer.encoder.class_embed.*", "", "a head of encoder layers, for training them"},
      {"transformer.encoder.bbox_embed.*", "", "a head of encoder layers, for training them"},
      {"transformer.decoder.class_embed.%.*", "", "a head of encoder layers, for training them"},
      {"transformer.decoder.bbox_embed.%.*", "", "a head of encoder layers, for training them"},
      {"class_embed.%.*", "", "a head of encoder layers, for training them"},
      {"bbox_embed.%.*", "", "a head of encoder layers, for training them"},
      {"transformer.reference_points.*", "", "here the proposals' boxes are where the decoder starts"},
      {"query_embed.*", "", "here queries are proposals"},
      {"transformer.pos_trans.*", "", kNotInFocusDetr},
      {"transformer.pos_trans_norm.*", "", kNotInFocusDetr},
      {"transformer.decoder.class_embed.*", "class_embed.*"},
      {"transformer.decoder.bbox_embed.*", "bbox_embed.*"},
      {"transformer.enc_out_class_embed.*", "class_embed.@.*"},
      {"transformer.enc_out_bbox_embed.*", "bbox_embed.@.*"}};
  for (int level = 0; level < 6; ++level) {
    const std::string theirs = "input_proj." + std::to_string(level);
    const std::string ours =
        level < 3 ? "neck.convs." + std::to_string(level) : "neck.extra_convs." + std::to_string(level - 3);
    rules.push_back({theirs + ".0.*", ours + ".conv.*"});
    rules.push_back({theirs + ".1.*", ours + ".norm.*"});
  }
  const std::string encoder = "transformer.encoder.layers.#.", decoder = "transformer.decoder.layers.#.";
  for (const auto& layer : {encoder, decoder}) {
    rules.push_back({layer + "linear1.*", layer + "ffns.0.layers.0.0.*"});
    rules.push_back({layer + "linear2.*", layer + "ffns.0.layers.1.*"});
  }
  rules.push_back({encoder + "self_attn.*", encoder + "attentions.1.*"});
  rules.push_back({encoder + "norm1.*", encoder + "norms.0.*"});
  rules.push_back({encoder + "norm2.*", encoder + "norms.1.*"});
  rules.push_back({decoder + "self_attn.*", decoder + "attentions.0.attn.*"});
  rules.push_back({decoder + "cross_attn.*", decoder + "attentions.1.*"});
  // Numbered there in the order of their declaration, here in that of their use: self-attention comes first.
  rules.push_back({decoder + "norm2.*", decoder + "norms.0.*"});
  rules.push_back({decoder + "norm1.*", decoder + "norms.1.*"});
  rules.push_back({decoder + "norm3.*", decoder + "norms.2.*"});
  return joined({torchvision_resnet_steps("backbone.0.body."), {rules}});
}

std::vector<NameMap> make_name_tables() {
  const std::string layer = "transformer.encoder.layers.#.";
  const std::string begins = "they are a beginning for training, not a detector";
  std::vector<NameMap> maps;
  maps.push_back({"detrex",
                  "detrex's Focus-DETR and DINO, and this project's own",
                  {"neck.convs.#.*", layer + "ffns.0.*"},
                  joined({unwrapped(), detrex_steps()})});
  maps.push_back({"sparse-detr",
                  "kakaobrain/sparse-detr",
                  {"input_proj.#.*", "transformer.enc_mask_predictor.*", layer + "self_attn.*"},
                  joined({unwrapped(), deformable_steps()})});
  maps.back().notes = {"the file is of Sparse DETR: what both models have is taken over; " + begins};
  maps.push_back({"dino",
                  "IDEA-Research/DINO",
                  {"input_proj.#.*", "transformer.decoder.ref_point_head.*", layer + "self_attn.*"},
                  joined({unwrapped(), deformable_steps()})});
  maps.back().notes = {
      "the file is of DINO: what both models have is taken over; its position encoding has temperature 20, "
      "here 10000; " +
      begins};
  maps.push_back({"deformable-detr",
                  "fundamentalvision/Deformable-DETR",
                  {"input_proj.#.*", layer + "self_attn.*"},
                  joined({unwrapped(), deformable_steps()})});
  maps.back().notes = {"the file is of Deformable DETR: what both models have is taken over; " + begins};
  maps.push_back({"detectron2-caffe2",
                  "detectron2's MSRA R-50.pkl and R-101.pkl",
                  {"conv1_w", "res2_0_branch2a_w"},
                  joined({unwrapped(), caffe2_steps()}),
                  true,
                  true});
  maps.back().notes = {
      "the first convolution is turned from BGR pictures to this program's (RGB, divided by preprocess.std)",
      "these weights were trained with the stride in the 1x1 convolutions, here it is in the 3x3: features "
      "differ until they are trained further"};
  maps.push_back({"detectron2",
                  "detectron2's ResNets",
                  {"*res2.0.conv1.weight"},
                  joined({unwrapped(), detectron2_steps()}),
                  true});
  maps.back().notes = {
      "names do not tell whether such weights are for RGB (converted from torchvision) or for BGR pictures "
      "(detectron2's own detectors); they are taken for RGB"};
  maps.push_back({"torchvision-resnet",
                  "torchvision's ResNets",
                  {"layer1.0.conv1.weight"},
                  joined({unwrapped(), torchvision_resnet_steps("")}),
                  true});
  maps.push_back({"torchvision-mobilenet",
                  "torchvision's MobileNetV2",
                  {"features.0.0.weight", "features.1.conv.0.0.weight"},
                  joined({unwrapped(), torchvision_mobilenet_steps()}),
                  true});
  return maps;
}

}  // namespace focus::models
