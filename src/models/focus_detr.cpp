#include "models/focus_detr.h"

#include "base/error.h"
#include "models/encoders/focused_tokens.h"

namespace focus::models {
namespace {

MakeTokenEncoder focused_tokens(const DetectorOptions& options) {
  return [options](torch::nn::Module& transformer, const auto& output_memory) {
    return std::make_unique<FocusedTokens>(transformer, output_memory(), options.transformer, options.focus);
  };
}

}  // namespace

FocusDetr::FocusDetr(const DetectorOptions& options) : DinoFamily(options, focused_tokens(options)) {}

void FocusDetr::set_focus(const FocusOptions& focus) {
  focus.validate(options_.transformer.encoder_layers);
  const auto& built = options_.focus;
  if (focus.dual_attention != built.dual_attention || focus.top_down != built.top_down) {
    fail_usage(
        "model.focus.dual_attention and top_down decide which weights a model has: they cannot be changed");
  }
  options_.focus = focus;
  static_cast<FocusedTokens&>(token_encoder()).set_focus(focus);
}

void FocusDetr::set_keep_ratio(double ratio) {
  auto focus = options_.focus;
  focus.keep_ratio = ratio;
  set_focus(focus);
}

}  // namespace focus::models
