// Sparse DETR (Roh et al., ICLR 2022), and DINO with its token selection.
#pragma once

#include "models/deformable_detr.h"
#include "models/dino.h"

namespace focus::models {

/// Two-stage Deformable DETR whose encoder updates the tokens that the decoder is expected to attend to.
/// Queries start from the tokens with the highest score of any class.
class SparseDetr : public DeformableFamily {
 public:
  explicit SparseDetr(const DetectorOptions& options);
  void set_keep_ratio(double ratio) override;
};

/// DINO with Sparse DETR's encoder, which the Focus-DETR paper compares in the same setting.
class SparseDino : public DinoFamily {
 public:
  explicit SparseDino(const DetectorOptions& options);
  void set_keep_ratio(double ratio) override;
};

}  // namespace focus::models
