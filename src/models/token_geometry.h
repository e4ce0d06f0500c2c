// What the tokens of unpadded images have in common, kept from one image to the next of the same size.
#pragma once

#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <vector>

#include "models/tokens.h"

namespace focus::models {

/// All that follows from the sizes of the levels alone.
struct TokenGeometry {
  Tokens tokens;  ///< Without features.
  at::Tensor reference_points;
  TokenProposals proposals;
};

/// Geometries of the sizes seen last. For inference on the CPU: nothing may be written to their tensors, and a GPU's
/// recorded work would go on reading one that is gone. Several threads may use it.
class TokenGeometryCache {
 public:
  /// Tokens of unpadded feature maps. `make` gives them where their geometry is not known.
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
  std::list<Entry> entries_;  // Latest used first.
};

}  // namespace focus::models
