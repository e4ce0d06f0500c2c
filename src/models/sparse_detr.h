// Sparse DETR (Roh et al., ICLR 2022), and its selection of tokens on DINO.
#pragma once

#include "models/deformable_detr.h"
#include "models/dino.h"

namespace focus::models {

/// Two-stage Deformable DETR whose encoder updates the tokens that the decoder is expected to attend to.
/// Queries start from the best tokens of any class.
class SparseDetr : public DeformableFamily {
 public:
  explicit SparseDetr(const DetectorOptions& options);
  void set_keep_ratio(double ratio) override;
};

/// DINO with Sparse DETR's encoding: what the paper of Focus-DETR compares in the same setting.
class SparseDino : public DinoFamily {
 public:
  explicit SparseDino(const DetectorOptions& options);
  void set_keep_ratio(double ratio) override;
};

}  // namespace focus::models
