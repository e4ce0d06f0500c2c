// Focus-DETR: "Less is More: Focus Attention for Efficient DETR" (ICCV 2023).
#pragma once

#include "models/dino.h"

namespace focus::models {

/// DINO whose encoder updates ever fewer tokens, chosen by a scorer of foreground, with dual attention.
class FocusDetr : public DinoFamily {
 public:
  explicit FocusDetr(const DetectorOptions& options);

  /// Chooses anew how many tokens the encoder works on: less is faster and finds less. The weights fit any
  /// choice but that of dual attention and top-down modulation. Throws UsageError for values out of range,
  /// for a cascade that is not one number a layer, and for those two.
  void set_focus(const FocusOptions& focus);

  void set_keep_ratio(double ratio) override;
};

}  // namespace focus::models
