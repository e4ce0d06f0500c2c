#include "models/deformable_detr.h"

#include "base/profile.h"
#include "models/encoders/all_tokens.h"

namespace focus::models {
namespace {

/// Initial width and height of learned queries' boxes, before the sigmoid, which gives 0.12 of the image's.
constexpr double kSizeLogit = -2;

void start_small(nn::Mlp& head) {
  at::NoGradGuard no_grad;
  head.last().bias.slice(0, 2).fill_(kSizeLogit);
}

}  // namespace

DeformableFamily::DeformableFamily(const DetectorOptions& options, const Kind& kind)
    : MultiScaleDetector(options), proposals_(kind.proposals) {
  const auto& o = options.transformer;
  if (!kind.two_stage) {
    query_embed_ = register_module("query_embed", std::make_shared<nn::Embedding>(o.queries, 2 * o.width));
  }
  const MakeQueryStart start = [&](torch::nn::Module& transformer,
                                   const auto& output_memory) -> std::unique_ptr<QueryStart> {
    if (kind.two_stage)
      return std::make_unique<ProposedQueries>(transformer, output_memory(), o, kind.proposals);
    return std::make_unique<LearnedQueries>(transformer, query_embed_, o.width);
  };
  transformer_ = register_module(
      "transformer", std::make_shared<DeformableTransformer>(o, kind.encoding, start, kind.box_refinement));
  const int64_t of_decoder = kind.box_refinement ? o.decoder_layers : 1;
  heads_ = Heads::make(options, of_decoder + (kind.two_stage ? 1 : 0) + token_encoder().encoder_heads());
  heads_.reference_eps = 1e-5;
  if (!kind.two_stage) start_small((*heads_.boxes)[0]);
  register_module("class_embed", heads_.classes);
  register_module("bbox_embed", heads_.boxes);
}

nn::DetectorOutput DeformableFamily::detect(const Tokens& tokens, const std::vector<nn::Target>*,
                                            const Pass& pass) {
  const auto result = transformer_->forward(tokens, heads_, pass);
  const ProfileScope stage("heads");
  nn::DetectorOutput output;
  add_encoded(output, result.encoded, result.attention);
  output.proposals = result.started.proposals;
  output.proposals_have_classes = proposals_ == ProposalKind::kClasses;
  const size_t layers = result.decoder.states.size();
  for (size_t l = pass.all_layers ? 0 : layers - 1; l < layers; ++l) {
    const auto reference = l == 0 ? result.started.references : result.decoder.references[l - 1].detach();
    output.layers.push_back(heads_.predict(heads_.of_layer(l), result.decoder.states[l], reference));
  }
  return output;
}

DeformableDetr::DeformableDetr(const DetectorOptions& options)
    : DeformableFamily(options, {all_tokens(options.transformer), options.deformable.box_refinement,
                                 options.deformable.two_stage, ProposalKind::kObjects}) {}

}  // namespace focus::models
