// Winograd's convolution in vectors of W lanes, one channel per lane: tiles are transformed, multiplied by
// the weights point by point, and transformed back while they are in the cache. Included like lanes.h.
#pragma once

#include "ops/cpu/lanes.h"
#include "ops/winograd/winograd_kernel.h"

namespace focus::ops::kernel {
namespace {

/// Transforms a line of six values to the points: the coefficients of row i are those of the product of (x -
/// p) over the other finite points p.
template <typename V>
void to_points(const V (&d)[6], V (&t)[6]) {
  constexpr auto a = static_cast<float>(kWinogradInner), b = static_cast<float>(kWinogradOuter);
  constexpr auto aa = static_cast<float>(kWinogradInner * kWinogradInner),
                 bb = static_cast<float>(kWinogradOuter * kWinogradOuter);
  const V inner_even = d[4] - bb * d[2], inner_odd = a * (d[3] - bb * d[1]);
  const V outer_even = d[4] - aa * d[2], outer_odd = b * (d[3] - aa * d[1]);
  t[0] = aa * bb * d[0] - (aa + bb) * d[2] + d[4];
  t[1] = inner_even + inner_odd;
  t[2] = inner_even - inner_odd;
  t[3] = outer_even + outer_odd;
  t[4] = outer_even - outer_odd;
  t[5] = aa * bb * d[1] - (aa + bb) * d[3] + d[5];
}

/// Transforms products at the points to the four outputs of a line.
template <typename V>
void from_points(const V (&m)[6], V (&y)[4]) {
  constexpr auto a = static_cast<float>(kWinogradInner), b = static_cast<float>(kWinogradOuter);
  constexpr auto aa = static_cast<float>(kWinogradInner * kWinogradInner),
                 bb = static_cast<float>(kWinogradOuter * kWinogradOuter);
  const V inner_sum = m[1] + m[2], inner_difference = m[1] - m[2];
  const V outer_sum = m[3] + m[4], outer_difference = m[3] - m[4];
  y[0] = m[0] + inner_sum + outer_sum;
  y[1] = a * inner_difference + b * outer_difference;
  y[2] = aa * inner_sum + bb * outer_sum;
  y[3] = a * aa * inner_difference + b * bb * outer_difference + m[5];
}

/// The position of a tile.
struct TilePlace {
  int64_t image, row, column;  ///< Of the tile's first output.

  template <typename Work>
  TilePlace(const Work& work, int64_t tile) {
    const int64_t of_image = work.tiles_down * work.tiles_across;
    image = tile / of_image;
    row = tile % of_image / work.tiles_across * kWinogradTile;
    column = tile % work.tiles_across * kWinogradTile;
  }
};

/// Transforms one tile of one block of channels to 36 vectors, `point_stride` floats apart.
template <int W, typename Work>
void transform_tile(const Work& work, const TilePlace& place, int64_t block, float* to,
                    int64_t point_stride) {
  using V = F<W>;
  const float* first = work.source + place.image * work.source_map.image + block * work.source_map.block;
  V columns[6][6];  // [point of the rows][column]
  for (int64_t j = 0; j < 6; ++j) {
    V d[6], t[6];
    const int64_t x = place.column + j - 1;
    for (int64_t i = 0; i < 6; ++i) {
      const int64_t y = place.row + i - 1;
      const bool inside = y >= 0 && y < work.height && x >= 0 && x < work.width;
      d[i] = inside ? load<V>(first + y * work.source_map.row + x * work.source_map.column) : V{};
    }
    to_points(d, t);
    for (int64_t i = 0; i < 6; ++i) columns[i][j] = t[i];
  }
  for (int64_t i = 0; i < 6; ++i) {
    V t[6];
    to_points(columns[i], t);
    for (int64_t j = 0; j < 6; ++j) store(to + (i * 6 + j) * point_stride, t[j]);
  }
}

/// Multiplies kWinogradRows tiles by one panel of weights at one point.
/// @param tiles   (in blocks, tiles, lanes), from the first tile on; blocks are `block_stride` floats apart
/// @param weights (in channels, panel x lanes)
/// @param to      (kWinogradRows, points, panel x lanes), at the first tile's point
template <int W>
void multiply_tiles(const float* tiles, int64_t block_stride, int64_t in_blocks, const float* weights,
                    float* to) {
  using V = F<W>;
  V sums[kWinogradRows][kWinogradPanel] = {};
  for (int64_t block = 0; block < in_blocks; ++block) {
    const float* values = tiles + block * block_stride;
#pragma GCC unroll 4
    for (int64_t channel = 0; channel < W; ++channel) {
      const V first = load<V>(weights), second = load<V>(weights + W);
      weights += kWinogradPanel * W;
#pragma GCC unroll 6
      for (int64_t row = 0; row < kWinogradRows; ++row) {
        const float value = values[row * W + channel];
        sums[row][0] += value * first;
        sums[row][1] += value * second;
      }
    }
  }
#pragma GCC unroll 6
  for (int64_t row = 0; row < kWinogradRows; ++row) {
    store(to + row * kWinogradPoints * kWinogradPanel * W, sums[row][0]);
    store(to + row * kWinogradPoints * kWinogradPanel * W + W, sums[row][1]);
  }
}

/// Writes the outputs of one tile in one block of channels, from its products (points, panel x lanes).
template <int W>
void return_tile(const Winograd& work, const TilePlace& place, int64_t block, const float* from) {
  using V = F<W>;
  V rows[4][6];
  for (int64_t j = 0; j < 6; ++j) {
    V m[6], y[4];
    for (int64_t i = 0; i < 6; ++i) m[i] = load<V>(from + (i * 6 + j) * kWinogradPanel * W);
    from_points(m, y);
    for (int64_t i = 0; i < 4; ++i) rows[i][j] = y[i];
  }
  const V bias = load<V>(work.bias + block * W), lower = V{} + work.lower, upper = V{} + work.upper;
  const auto place_in = [&](const FeatureMap& map) {
    return place.image * map.image + block * map.block + place.row * map.row + place.column * map.column;
  };
  float* output = work.output + place_in(work.output_map);
  const float* addend = work.addend != nullptr ? work.addend + place_in(work.addend_map) : nullptr;
  const int64_t height = work.height - place.row, width = work.width - place.column;
  for (int64_t i = 0; i < kWinogradTile && i < height; ++i) {
    V y[4];
    from_points(rows[i], y);
    for (int64_t j = 0; j < kWinogradTile && j < width; ++j) {
      V value = y[j] + bias;
      if (addend != nullptr) value += load<V>(addend + i * work.addend_map.row + j * work.addend_map.column);
      if (work.clamps) {
        value = value < lower ? lower : value;
        value = value > upper ? upper : value;
      }
      store(output + i * work.output_map.row + j * work.output_map.column, value);
    }
  }
}

template <int W>
void winograd(const Winograd& work, const WinogradPart& part, float* scratch) {
  const int64_t tiles = part.tile_end - part.tile_begin;
  const int64_t rows = (tiles + kWinogradRows - 1) / kWinogradRows * kWinogradRows;
  const int64_t block_stride = rows * W, point_stride = work.in_blocks * block_stride + kWinogradGap;
  constexpr int64_t panel_width = kWinogradPanel * W;
  float* products = scratch + kWinogradPoints * point_stride;  // (rows, points, panel)
  for (int64_t block = 0; block < work.in_blocks; ++block) {
    for (int64_t tile = 0; tile < tiles; ++tile) {
      transform_tile<W>(work, TilePlace(work, part.tile_begin + tile), block,
                        scratch + block * block_stride + tile * W, point_stride);
    }
    // Rows without a tile are multiplied too, but their results are never read.
    for (int64_t row = tiles; row < rows; ++row) {
      for (int64_t point = 0; point < kWinogradPoints; ++point) {
        store(scratch + point * point_stride + block * block_stride + row * W, F<W>{});
      }
    }
  }
  for (int64_t panel = part.panel_begin; panel < part.panel_end; ++panel) {
    const int64_t in = work.in_blocks * W;
    for (int64_t point = 0; point < kWinogradPoints; ++point) {
      const float* weights = work.weights + (panel * kWinogradPoints + point) * in * panel_width;
      for (int64_t row = 0; row < rows; row += kWinogradRows) {
        multiply_tiles<W>(scratch + point * point_stride + row * W, block_stride, work.in_blocks, weights,
                          products + (row * kWinogradPoints + point) * panel_width);
      }
    }
    for (int64_t tile = 0; tile < tiles; ++tile) {
      const TilePlace place(work, part.tile_begin + tile);
      for (int64_t i = 0; i < kWinogradPanel; ++i) {
        const int64_t block = panel * kWinogradPanel + i;
        if (block < work.out_blocks) {
          return_tile<W>(work, place, block, products + tile * kWinogradPoints * panel_width + i * W);
        }
      }
    }
  }
}

}  // namespace
}  // namespace focus::ops::kernel
