#include "models/token_geometry.h"

#include <algorithm>

namespace focus::models {
namespace {

/// Two, because images of two sizes may alternate, as an image and its tiles do. Positions are as large as
/// the tokens' features, so those of large batches are not worth their memory.
constexpr size_t kMostEntries = 2;
constexpr int64_t kMostPositionBytes = int64_t{32} << 20;

}  // namespace

std::shared_ptr<const TokenGeometry> TokenGeometryCache::find(const std::vector<std::vector<int64_t>>& sizes,
                                                              const at::Tensor& level_embeds) {
  const std::lock_guard lock(mutex_);
  const auto known = std::find_if(entries_.begin(), entries_.end(), [&](const Entry& entry) {
    // Compared by value: an optimiser may have changed them in place.
    return entry.sizes == sizes && entry.level_embeds.scalar_type() == level_embeds.scalar_type() &&
           entry.level_embeds.equal(level_embeds);
  });
  if (known == entries_.end()) return nullptr;
  entries_.splice(entries_.begin(), entries_, known);
  return known->geometry;
}

Tokens TokenGeometryCache::tokens(const std::vector<at::Tensor>& features, const at::Tensor& level_embeds,
                                  const std::function<Tokens()>& make) {
  std::vector<std::vector<int64_t>> sizes;
  for (const auto& level : features) sizes.push_back(level.sizes().vec());
  if (const auto geometry = find(sizes, level_embeds)) {
    Tokens tokens = geometry->tokens;
    tokens.features = flatten_features(features);
    tokens.geometry = geometry;
    return tokens;
  }
  Tokens tokens = make();
  if (static_cast<int64_t>(tokens.position.nbytes()) > kMostPositionBytes) return tokens;
  auto geometry = std::make_shared<TokenGeometry>();
  geometry->reference_points = token_reference_points(tokens);
  geometry->proposals = token_proposals(tokens);
  // The same tokens in all images, as none is padded.
  const auto& invalid = geometry->proposals.invalid;
  geometry->proposals.invalid_rows =
      invalid[0].nonzero().squeeze(1).unsqueeze(0).expand({invalid.size(0), -1}).contiguous();
  geometry->tokens = tokens;
  geometry->tokens.features.reset();
  tokens.geometry = geometry;
  const std::lock_guard lock(mutex_);
  entries_.push_front({std::move(sizes), level_embeds.detach().clone(), std::move(geometry)});
  if (entries_.size() > kMostEntries) entries_.pop_back();
  return tokens;
}

}  // namespace focus::models
