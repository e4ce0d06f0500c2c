// All options of a detector. The defaults are Focus-DETR as in its paper (R50, 4 scales).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/options.h"
#include "models/decoders/denoising.h"

namespace focus::models {

struct BackboneOptions {
  std::string name = "resnet50";
  std::string norm = "frozen";
  int64_t frozen_stages = 1;
  int64_t finest_stride = 8;
  bool dilated = false;
  int64_t width = 64;
  double drop_path = 0.2;

  /// How many feature maps the backbone returns: one per stride from finest_stride to 32.
  int64_t features() const;

  void describe(OptionTable& table);
};

struct TransformerOptions {
  int64_t width = 256;
  int64_t heads = 8;
  int64_t points = 4;
  int64_t levels = 4;
  int64_t feedforward_width = 2048;
  int64_t encoder_layers = 6;
  int64_t decoder_layers = 6;
  int64_t queries = 900;
  bool learned_queries = true;
  double position_temperature = 10000;
  double position_offset = -0.5;

  void describe(OptionTable& table);
};

/// What Focus-DETR adds to DINO.
struct FocusOptions {
  static constexpr double kLeastKeepRatio = 0.001;

  double keep_ratio = 0.5;
  std::vector<double> cascade{1.0, 0.8, 0.6, 0.6, 0.4, 0.2};
  int64_t fine_grained_tokens = 300;
  // What the paper's ablations leave out. The first two decide which weights the model has.
  bool dual_attention = true;
  bool top_down = true;
  bool category_score = true;

  void describe(OptionTable& table);

  /// Throws UsageError for values out of range and for a cascade that is not one number per encoder layer.
  void validate(int64_t encoder_layers) const;
};

/// How Deformable DETR's queries start and are refined (Deformable DETR, section 4.2).
struct DeformableOptions {
  bool box_refinement = false;
  bool two_stage = false;

  void describe(OptionTable& table);
};

/// What Sparse DETR adds to its base.
struct SparseOptions {
  double keep_ratio = 0.1;
  bool encoder_heads = true;

  void describe(OptionTable& table);
};

/// Defects of the released code that this project corrects. Each option restores one, for parity tests.
struct ReferenceQuirks {
  /// In evaluation the reference passes an all-zero padding mask, so that padding counts as image.
  bool ignore_padding_in_eval = false;
  /// The reference selects exactly `queries` proposals, `fine_grained_tokens` tokens and `max_detections`
  /// detections, and crashes on an image with fewer; this project selects as many as there are. Switched on,
  /// too few is an error.
  bool fixed_top_k = false;

  /// Exactly as the reference.
  static ReferenceQuirks all() { return {true, true}; }

  void describe(OptionTable& table);
};

/// Names of all architectures, the default first (architectures.h).
const std::vector<std::string>& architecture_names();

struct DetectorOptions {
  std::string architecture = "focus-detr";
  int64_t classes = 80;
  BackboneOptions backbone;
  TransformerOptions transformer;
  FocusOptions focus;
  DeformableOptions deformable;
  SparseOptions sparse;
  DenoisingOptions denoising;
  int64_t max_detections = 300;
  ReferenceQuirks quirks;

  void describe(OptionTable& table);

  /// Throws UsageError when options contradict each other.
  void validate() const;
};

}  // namespace focus::models
