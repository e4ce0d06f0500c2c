#include "models/sparse_detr.h"

#include "models/encoders/sparse_tokens.h"

namespace focus::models {

SparseDetr::SparseDetr(const DetectorOptions& options)
    : DeformableFamily(options, {sparse_tokens(options.transformer, options.sparse), /*box_refinement=*/true,
                                 /*two_stage=*/true, ProposalKind::kClasses}) {}

void SparseDetr::set_keep_ratio(double ratio) {
  DeformableFamily::set_keep_ratio(ratio);
  options_.sparse.keep_ratio = ratio;
}

SparseDino::SparseDino(const DetectorOptions& options)
    : DinoFamily(options, sparse_tokens(options.transformer, options.sparse)) {}

void SparseDino::set_keep_ratio(double ratio) {
  DinoFamily::set_keep_ratio(ratio);
  options_.sparse.keep_ratio = ratio;
}

}  // namespace focus::models
