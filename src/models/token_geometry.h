// The part of the tokens that depends only on the size of unpadded images, kept for later ones of that size.
#pragma once

#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <vector>

#include "models/tokens.h"

namespace focus::models {

/// Everything that follows from the sizes of the levels and the level embeddings.
struct TokenGeometry {
  Tokens tokens;  ///< Without features.
  at::Tensor reference_points;
  TokenProposals proposals;
};

/// The geometries of the most recent sizes. Only for inference on the CPU: their tensors must not be
/// modified, and a CUDA graph would go on reading one after it is freed. Thread-safe.
class TokenGeometryCache {
 public:
  /// Tokens of unpadded feature maps. Calls `make` if their geometry is not cached.
  /// @param features     per level (B, C, h, w)
  /// @param level_embeds (L, C), a part of the tokens' positions
  Tokens tokens(const std::vector<at::Tensor>& features, const at::Tensor& level_embeds,
                const std::function<Tokens()>& make);

 private:
  struct Entry {
    std::vector<std::vector<int64_t>> sizes;
    at::Tensor level_embeds;
    std::shared_ptr<const TokenGeometry> geometry;
  };

  std::shared_ptr<const TokenGeometry> find(const std::vector<std::vector<int64_t>>& sizes,
                                            const at::Tensor& level_embeds);

  std::mutex mutex_;
  std::list<Entry> entries_;  // Most recently used first.
};

}  // namespace focus::models
