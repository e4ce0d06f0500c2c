// Focus-DETR: "Less is More: Focus Attention for Efficient DETR" (ICCV 2023).
#pragma once

#include "models/dino.h"

namespace focus::models {

/// DINO whose encoder updates fewer tokens from layer to layer, chosen by a foreground scorer, with dual
/// attention.
class FocusDetr : public DinoFamily {
 public:
  explicit FocusDetr(const DetectorOptions& options);

  /// Changes how many tokens the encoder works on: less is faster and finds less. The weights fit any
  /// choice but that of dual attention and top-down modulation. Throws UsageError for values out of range,
  /// for a cascade that is not one number per layer, and for those two.
  void set_focus(const FocusOptions& focus);

  void set_keep_ratio(double ratio) override;
};

}  // namespace focus::models
