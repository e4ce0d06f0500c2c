#include "models/architectures.h"

#include <algorithm>

#include "base/error.h"
#include "base/numbers.h"
#include "models/deformable_detr.h"
#include "models/detr.h"
#include "models/dino.h"
#include "models/focus_detr.h"
#include "models/sparse_detr.h"

namespace focus::models {
namespace {

constexpr const char* kEncoderLayer = "transformer.encoder.layers.";

/// Renames the encoder's deformable attention from index `from`, its place in related models, to `to`.
std::vector<NameRule> encoder_attention(int from, int to) {
  std::vector<NameRule> rules;
  for (const char* part : {"sampling_offsets", "attention_weights", "value_proj", "output_proj"}) {
    const auto name = [&](int index) {
      return fmt::format("{}#.attentions.{}.{}.*", kEncoderLayer, index, part);
    };
    rules.push_back({name(from), name(to)});
  }
  return rules;
}

const std::vector<NameRule> kNoLearnedQueries{
    {"query_embed.*", "", "this model's queries are proposals"},
    {"transformer.reference_points.*", "", "this model's decoder starts from the proposals' boxes"}};
const std::vector<NameRule> kNoEncoderHeads{
    {"class_embed.%.*", "", "a head of an encoder layer, used only in training"},
    {"bbox_embed.%.*", "", "a head of an encoder layer, used only in training"}};
const std::vector<NameRule> kNoProposalHeads{
    {"class_embed.@.*", "", "a head for proposals; this model's queries are learned"},
    {"bbox_embed.@.*", "", "a head for proposals; this model's queries are learned"}};
const std::vector<NameRule> kNoPlacedProposals{
    {"transformer.pos_trans.*", "", "this model computes query positions differently"},
    {"transformer.pos_trans_norm.*", "", "this model computes query positions differently"}};
const std::vector<NameRule> kSharedHeads{{"class_embed.#.*", "class_embed.0.*"},
                                         {"bbox_embed.#.*", "bbox_embed.0.*"}};

std::vector<NameRule> joined_rules(std::initializer_list<std::vector<NameRule>> lists) {
  std::vector<NameRule> all;
  for (const auto& list : lists) all.insert(all.end(), list.begin(), list.end());
  return all;
}

/// The index of a Focus-DETR encoder layer's deformable attention: dual attention puts that of the
/// fine-grained tokens before it.
int sampling_index(const DetectorOptions& options) { return options.focus.dual_attention ? 1 : 0; }

std::vector<NameRule> focus_relatives(const DetectorOptions& options) {
  const int index = sampling_index(options);
  return joined_rules(
      {encoder_attention(1 - index, index), kNoLearnedQueries, kNoPlacedProposals, kNoEncoderHeads});
}
std::vector<NameRule> dino_relatives(const DetectorOptions&) {
  return joined_rules({encoder_attention(1, 0), kNoLearnedQueries, kNoPlacedProposals, kNoEncoderHeads});
}
std::vector<NameRule> deformable_relatives(const DetectorOptions& options) {
  if (!options.deformable.box_refinement) {
    return joined_rules({encoder_attention(1, 0), kNoPlacedProposals, kSharedHeads});
  }
  return options.deformable.two_stage
             ? joined_rules({encoder_attention(1, 0), kNoLearnedQueries, kNoEncoderHeads})
             : joined_rules({encoder_attention(1, 0), kNoPlacedProposals, kNoEncoderHeads, kNoProposalHeads});
}
std::vector<NameRule> sparse_relatives(const DetectorOptions& options) {
  return joined_rules({encoder_attention(1, 0), kNoLearnedQueries,
                       options.sparse.encoder_heads ? std::vector<NameRule>() : kNoEncoderHeads});
}
std::vector<NameRule> sparse_dino_relatives(const DetectorOptions& options) {
  return joined_rules({sparse_relatives(options), kNoPlacedProposals});
}

/// Tensors of all multi-level detectors. `attention` is the index of the encoder's deformable attention.
NamedShapes multi_scale_shapes(const TransformerOptions& t, int attention) {
  const std::string layer = std::string(kEncoderLayer) + "0.";
  return {{"transformer.level_embeds", {t.levels, t.width}},
          {layer + "ffns.0.layers.0.0.weight", {t.feedforward_width, t.width}},
          {fmt::format("{}attentions.{}.attention_weights.weight", layer, attention),
           {t.heads * t.levels * t.points, t.width}}};
}

NamedShapes dino_shapes(const DetectorOptions& options, int attention) {
  const auto& t = options.transformer;
  auto shapes = multi_scale_shapes(t, attention);
  shapes.push_back({"label_enc.weight", {options.classes, t.width}});
  if (t.learned_queries) shapes.push_back({"transformer.tgt_embed.weight", {t.queries, t.width}});
  return shapes;
}

NamedShapes deformable_shapes(const DetectorOptions& options) {
  const auto& t = options.transformer;
  auto shapes = multi_scale_shapes(t, 0);
  shapes.push_back({"class_embed.0.bias", {options.classes}});
  if (options.deformable.two_stage) {
    shapes.push_back({"transformer.pos_trans.weight", {2 * t.width, 2 * t.width}});
  } else {
    shapes.push_back({"query_embed.weight", {t.queries, 2 * t.width}});
  }
  return shapes;
}

NamedShapes sparse_shapes(const DetectorOptions& options) {
  auto shapes = multi_scale_shapes(options.transformer, 0);
  shapes.push_back({"class_embed.0.bias", {options.classes}});
  return shapes;
}

NamedShapes detr_shapes(const DetectorOptions& options) {
  const auto& t = options.transformer;
  return {{"query_embed.weight", {t.queries, t.width}},
          {"class_embed.0.bias", {options.classes + 1}},
          {std::string(kEncoderLayer) + "0.ffns.0.layers.0.0.weight", {t.feedforward_width, t.width}}};
}

StateDict focus_original(const DetectorOptions& options, const StateDict& tensors) {
  return with_reference_aliases(tensors, options.transformer.encoder_layers,
                                options.transformer.decoder_layers);
}
StateDict dino_original(const DetectorOptions& options, const StateDict& tensors) {
  return with_reference_aliases(tensors, 0, options.transformer.decoder_layers);
}

StateDict renamed_back(const char* map, const StateDict& tensors) {
  StateDict original;
  for (const auto& [name, tensor] : tensors) original[old_name(name_map(map), name)] = tensor;
  return original;
}

/// Whether `name` is of a class or box head, such as "class_embed.3.bias"; if so, sets `index` and `rest` (3,
/// ".bias").
bool is_head(const std::string& name, int64_t& index, std::string& rest) {
  if (!name_fits("class_embed.#.*", name) && !name_fits("bbox_embed.#.*", name)) return false;
  const auto first = name.find('.'), second = name.find('.', first + 1);
  index = parse_number<int64_t>(name.substr(first + 1, second - first - 1)).value();
  rest = name.substr(second);
  return true;
}

/// Deformable DETR lists shared heads once per layer. With two stages the decoder lists all heads too, with
/// refinement alone its box heads.
StateDict deformable_original(const DetectorOptions& options, const StateDict& tensors) {
  auto original = renamed_back("deformable-detr", tensors);
  for (const auto& [name, tensor] : tensors) {
    int64_t index = 0;
    std::string rest;
    if (!is_head(name, index, rest)) continue;
    const auto list = name.substr(0, name.find('.'));
    for (int64_t l = 1; !options.deformable.box_refinement && l < options.transformer.decoder_layers; ++l) {
      original[fmt::format("{}.{}{}", list, l, rest)] = tensor;
    }
    const bool listed_by_decoder =
        options.deformable.two_stage || (options.deformable.box_refinement && list == "bbox_embed");
    if (listed_by_decoder) original["transformer.decoder." + name] = tensor;
  }
  return original;
}

/// Sparse DETR's decoder lists all heads, its encoder those of its layers.
StateDict sparse_original(const DetectorOptions& options, const StateDict& tensors) {
  auto original = renamed_back("sparse-detr", tensors);
  for (const auto& [name, tensor] : tensors) {
    int64_t index = 0;
    std::string rest;
    if (!is_head(name, index, rest)) continue;
    original["transformer.decoder." + name] = tensor;
    const int64_t layer = index - options.transformer.decoder_layers - 1;
    const auto list = name.substr(0, name.find('.'));
    if (layer >= 0) original[fmt::format("transformer.encoder.{}.{}{}", list, layer, rest)] = tensor;
  }
  return original;
}

StateDict detr_original(const DetectorOptions&, const StateDict& tensors) {
  return renamed_back("detr", tensors);
}

template <typename Kind>
std::shared_ptr<Detector> make(const DetectorOptions& options) {
  return std::make_shared<Kind>(options);
}

}  // namespace

const std::vector<Architecture>& architectures() {
  static const std::vector<Architecture> all{
      {"focus-detr", "Focus-DETR: foreground tokens, fewer in later layers; dual attention", make<FocusDetr>,
       focus_relatives, [](const auto& options) { return dino_shapes(options, sampling_index(options)); },
       focus_original},
      {"dino", "DINO: all tokens, mixed query selection, contrastive denoising", make<Dino>, dino_relatives,
       [](const auto& options) { return dino_shapes(options, 0); }, dino_original},
      {"deformable-detr", "Deformable DETR: all tokens; plain, with box refinement, or two-stage",
       make<DeformableDetr>, deformable_relatives, deformable_shapes, deformable_original},
      {"sparse-detr", "Sparse DETR: tokens the decoder should attend to; two-stage", make<SparseDetr>,
       sparse_relatives, sparse_shapes, sparse_original},
      {"sparse-dino", "DINO with Sparse DETR's tokens", make<SparseDino>, sparse_dino_relatives,
       [](const auto& options) { return dino_shapes(options, 0); }, dino_original},
      {"detr", "DETR: one feature map, plain attention; DC5 with a dilated backbone", make<Detr>,
       [](const auto&) { return std::vector<NameRule>(); }, detr_shapes, detr_original,
       nn::ClassScores::kSoftmax},
  };
  return all;
}

const Architecture& find_architecture(const std::string& name) {
  for (const auto& architecture : architectures()) {
    if (architecture.name == name) return architecture;
  }
  fail_usage("there is no architecture '{}'; there are {}", name, fmt::join(architecture_names(), ", "));
}

std::shared_ptr<Detector> make_detector(const DetectorOptions& options) {
  return find_architecture(options.architecture).make(options);
}

RenamedTensors fit_names(const DetectorOptions& options, const StateDict& tensors,
                         const std::string& source) {
  const auto& architecture = find_architecture(options.architecture);
  const NameMap map{architecture.name, architecture.about, {}, {architecture.relatives(options)}};
  return rename_tensors(map, tensors, source);
}

std::string architecture_of(const StateDict& tensors) {
  const auto has = [&](const std::string& name) { return tensors.count(name) > 0; };
  const bool scored = has("transformer.enc_mask_predictor.layer1.0.weight");
  if (has("input_proj.weight")) return "detr";
  if (!has("transformer.decoder.ref_point_head.layers.0.weight")) {
    return scored ? "sparse-detr" : "deformable-detr";
  }
  if (has(std::string(kEncoderLayer) + "0.attentions.0.attn.in_proj_weight")) return "focus-detr";
  return scored ? "sparse-dino" : "dino";
}

}  // namespace focus::models
