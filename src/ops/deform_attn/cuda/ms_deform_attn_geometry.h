// How a call of multi-scale deformable attention is divided into blocks and threads.
#pragma once

#include <cstddef>
#include <cstdint>

#include "ops/cuda/team.h"
#include "ops/deform_attn/cuda/ms_deform_attn_call.h"

namespace focus::ops::cuda {

/// Shared memory that a block may use for its points. It is small because the rest caches values.
inline constexpr int64_t kPointBytes = 16384;

/// A block works on one head of one image and on consecutive queries: queries come in token order, so they
/// sample near each other and find the values in the L1 cache. A query's channels are spread over
/// `lanes` neighbouring threads of a warp, `width` channels each; channels that do not fit one warp are
/// divided into several parts.
struct Geometry {
  int32_t lane_bits;       ///< lanes = 2^lane_bits, at most a warp.
  int32_t queries;         ///< Queries of a block.
  int32_t points_at_once;  ///< Points of a query in shared memory at a time.
  int32_t parts;           ///< Channels of a query / (lanes * width), rounded up.
  int64_t tiles;           ///< Blocks an image's queries need.
  int64_t blocks;
  int64_t shared_bytes;

  FOCUS_HOST_DEVICE int32_t lanes() const { return 1 << lane_bits; }

  /// The place of a query's point in shared memory. One place after each query's points is left empty, so
  /// that the queries of a warp read from different banks.
  FOCUS_HOST_DEVICE int32_t slot(int32_t item, int32_t point) const {
    return item * (points_at_once + 1) + point;
  }
};

/// @param width          channels a thread moves at once
/// @param point_bytes    shared memory of one point
/// @param part_a_block   each part has a block of its own instead of being a loop in the thread
FOCUS_HOST_DEVICE Geometry geometry_of(const Shape& shape, int32_t width, int64_t point_bytes,
                                       bool part_a_block) {
  Geometry geometry{};
  while (geometry.lanes() < kWarp && geometry.lanes() * width < shape.channels) ++geometry.lane_bits;
  geometry.queries = kThreads >> geometry.lane_bits;
  const int64_t room = kPointBytes / (geometry.queries * point_bytes) - 1;
  const int64_t points = static_cast<int64_t>(shape.levels) * shape.points;
  geometry.points_at_once = static_cast<int32_t>(points < room ? points : room > 1 ? room : 1);
  const int32_t covered = geometry.lanes() * width;
  geometry.parts = (shape.channels + covered - 1) / covered;
  geometry.tiles = (shape.queries + geometry.queries - 1) / geometry.queries;
  geometry.blocks = shape.batch * shape.heads * (part_a_block ? geometry.parts : 1) * geometry.tiles;
  geometry.shared_bytes = static_cast<int64_t>(geometry.slot(geometry.queries, 0)) * point_bytes;
  return geometry;
}

/// What a thread works on.
struct Seat {
  int64_t row;    ///< batch * Q + query
  int64_t slice;  ///< batch * H + head
  int64_t batch;
  int32_t head;
  int32_t item;  ///< Index among the block's queries.
  int32_t lane;
  int32_t channel;  ///< The thread's first one.
  bool occupied;    ///< The last block of an image may have more seats than queries.
};

/// Consecutive blocks share a head, so that the values of all blocks running at a time are more likely to fit
/// a cache. Fewer than 2^31 blocks can be launched, so 32-bit division is enough.
FOCUS_DEVICE Seat seat_of(const Shape& shape, const Geometry& geometry, int32_t width, bool part_a_block,
                          uint32_t block, int32_t thread) {
  const auto tiles = static_cast<uint32_t>(geometry.tiles);
  const auto parts = static_cast<uint32_t>(part_a_block ? geometry.parts : 1);
  const auto heads = static_cast<uint32_t>(shape.heads);
  const uint32_t tile = block % tiles, slice_part = block / tiles;
  const uint32_t part = slice_part % parts, slice = slice_part / parts;
  Seat seat{};
  seat.item = thread >> geometry.lane_bits;
  seat.lane = thread & (geometry.lanes() - 1);
  seat.slice = slice;
  seat.batch = slice / heads;
  seat.head = static_cast<int32_t>(slice % heads);
  seat.channel = (static_cast<int32_t>(part) * geometry.lanes() + seat.lane) * width;
  const int64_t query = static_cast<int64_t>(tile) * geometry.queries + seat.item;
  seat.row = seat.batch * shape.queries + query;
  seat.occupied = query < shape.queries;
  return seat;
}

}  // namespace focus::ops::cuda
