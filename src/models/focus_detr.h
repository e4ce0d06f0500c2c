// Focus-DETR: "Less is More: Focus Attention for Efficient DETR" (ICCV 2023).
#pragma once

#include "models/dino.h"

namespace focus::models {

/// DINO whose encoder updates fewer tokens from layer to layer, chosen by a foreground scorer, with dual
/// attention.
class FocusDetr : public DinoFamily {
 public:
  explicit FocusDetr(const DetectorOptions& options);

  /// Changes how many tokens the encoder updates: fewer is faster and finds fewer objects. The weights fit
  /// any values except other ones of dual_attention and top_down. Throws UsageError for changes of those two,
  /// for values out of range, and for a cascade that is not one number per layer.
  void set_focus(const FocusOptions& focus);

  void set_keep_ratio(double ratio) override;
};

}  // namespace focus::models
