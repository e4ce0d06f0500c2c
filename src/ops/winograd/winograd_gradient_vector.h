// What training needs besides winograd_vector.h: the transform of the weights in every step, and the weights'
// gradient.
#pragma once

#include "ops/winograd/winograd_vector.h"

namespace focus::ops::kernel {
namespace {

/// Factors of the points: the inverse product of a point's differences from the other finite points.
constexpr double kSquaredInner = kWinogradInner * kWinogradInner,
                 kSquaredOuter = kWinogradOuter * kWinogradOuter;
constexpr auto kOfZero = static_cast<float>(1 / (kSquaredInner * kSquaredOuter));
constexpr auto kOfInner = static_cast<float>(1 / (2 * kSquaredInner * (kSquaredInner - kSquaredOuter)));
constexpr auto kOfOuter = static_cast<float>(1 / (2 * kSquaredOuter * (kSquaredOuter - kSquaredInner)));

/// Transforms a line of three weights to their values at the points.
template <typename V>
void weights_to_points(const V (&g)[3], V (&u)[6]) {
  constexpr auto a = static_cast<float>(kWinogradInner), b = static_cast<float>(kWinogradOuter);
  constexpr auto aa = static_cast<float>(kSquaredInner), bb = static_cast<float>(kSquaredOuter);
  const V inner_even = kOfInner * (g[0] + aa * g[2]), inner_odd = kOfInner * a * g[1];
  const V outer_even = kOfOuter * (g[0] + bb * g[2]), outer_odd = kOfOuter * b * g[1];
  u[0] = kOfZero * g[0];
  u[1] = inner_even + inner_odd;
  u[2] = inner_even - inner_odd;
  u[3] = outer_even + outer_odd;
  u[4] = outer_even - outer_odd;
  u[5] = g[2];
}

/// The transpose of weights_to_points.
template <typename V>
void weights_from_points(const V (&u)[6], V (&g)[3]) {
  constexpr auto a = static_cast<float>(kWinogradInner), b = static_cast<float>(kWinogradOuter);
  constexpr auto aa = static_cast<float>(kSquaredInner), bb = static_cast<float>(kSquaredOuter);
  const V inner_sum = kOfInner * (u[1] + u[2]), inner_difference = kOfInner * (u[1] - u[2]);
  const V outer_sum = kOfOuter * (u[3] + u[4]), outer_difference = kOfOuter * (u[3] - u[4]);
  g[0] = kOfZero * u[0] + inner_sum + outer_sum;
  g[1] = a * inner_difference + b * outer_difference;
  g[2] = aa * inner_sum + bb * outer_sum + u[5];
}

/// Transforms a line of four gradients to the points: the transpose of from_points.
template <typename V>
void outputs_to_points(const V (&y)[4], V (&m)[6]) {
  constexpr auto a = static_cast<float>(kWinogradInner), b = static_cast<float>(kWinogradOuter);
  constexpr auto aa = static_cast<float>(kSquaredInner), bb = static_cast<float>(kSquaredOuter);
  const V inner_even = y[0] + aa * y[2], inner_odd = a * (y[1] + aa * y[3]);
  const V outer_even = y[0] + bb * y[2], outer_odd = b * (y[1] + bb * y[3]);
  m[0] = y[0];
  m[1] = inner_even + inner_odd;
  m[2] = inner_even - inner_odd;
  m[3] = outer_even + outer_odd;
  m[4] = outer_even - outer_odd;
  m[5] = y[3];
}

template <int W>
void winograd_weights(const WinogradWeights& from, float* to, int64_t begin, int64_t end) {
  using V = F<W>;
  constexpr int64_t width = kWinogradPanel * W;
  const int64_t point_stride = from.inputs * width;
  for (int64_t block = begin * kWinogradPanel; block < end * kWinogradPanel; ++block) {
    float* panel = to + block / kWinogradPanel * kWinogradPoints * point_stride + block % kWinogradPanel * W;
    const int64_t lanes = from.outputs - block * W;  // Lanes beyond the last channel are 0.
    for (int64_t input = 0; input < from.inputs; ++input) {
      const float* weights = from.weights + block * W * from.output + input * from.input;
      V taps[3][3] = {}, rows[3][6];
      for (int64_t lane = 0; lane < W && lane < lanes; ++lane) {
        for (int64_t tap = 0; tap < 9; ++tap) {
          taps[tap % 3][tap / 3][lane] = weights[lane * from.output + (from.turned ? 8 - tap : tap)];
        }
      }
      for (int64_t x = 0; x < 3; ++x) weights_to_points(taps[x], rows[x]);
      for (int64_t i = 0; i < 6; ++i) {
        const V line[3] = {rows[0][i], rows[1][i], rows[2][i]};
        V points[6];
        weights_to_points(line, points);
        for (int64_t j = 0; j < 6; ++j) store(panel + (i * 6 + j) * point_stride + input * width, points[j]);
      }
    }
  }
}

/// Transforms one tile of the gradient in one block of channels to 36 vectors, `point_stride` floats apart.
template <int W>
void transform_gradient(const WinogradGradient& work, const TilePlace& place, int64_t block, float* to,
                        int64_t point_stride) {
  using V = F<W>;
  const float* first = work.grad + place.image * work.grad_map.image + block * work.grad_map.block;
  V columns[6][4];
  for (int64_t j = 0; j < 4; ++j) {
    V y[4], m[6];
    const int64_t column = place.column + j;
    for (int64_t i = 0; i < 4; ++i) {
      const int64_t row = place.row + i;
      const bool inside = row < work.height && column < work.width;
      y[i] = inside ? load<V>(first + row * work.grad_map.row + column * work.grad_map.column) : V{};
    }
    outputs_to_points(y, m);
    for (int64_t i = 0; i < 6; ++i) columns[i][j] = m[i];
  }
  for (int64_t i = 0; i < 6; ++i) {
    V m[6];
    outputs_to_points(columns[i], m);
    for (int64_t j = 0; j < 6; ++j) store(to + (i * 6 + j) * point_stride, m[j]);
  }
}

template <int W>
void winograd_gradient_tiles(const WinogradGradient& work, int64_t tile_begin, int64_t tile_end,
                             int64_t begin, int64_t end) {
  const int64_t block_stride = (tile_end - tile_begin) * W;
  for (int64_t block = begin; block < end; ++block) {
    for (int64_t tile = tile_begin; tile < tile_end; ++tile) {
      const TilePlace place(work, tile);
      const int64_t offset = (tile - tile_begin) * W, grad_block = block - work.in_blocks;
      if (grad_block < 0) {
        transform_tile<W>(work, place, block, work.source_tiles + block * block_stride + offset,
                          work.in_blocks * block_stride);
      } else {
        transform_gradient<W>(work, place, grad_block, work.grad_tiles + grad_block * block_stride + offset,
                              work.out_blocks * block_stride);
      }
    }
  }
}

/// Half a block of inputs times `kBlocks` blocks of outputs, summed over tiles.
template <int W, int kBlocks>
void add_up_tiles(const float* source, const float* grad, int64_t tiles, bool add, float* to,
                  int64_t row_stride) {
  using V = F<W>;
  constexpr int64_t rows = W / 2;
  V sums[rows][kBlocks] = {};
  for (int64_t tile = 0; tile < tiles; ++tile) {
    V values[kBlocks];
#pragma GCC unroll 2
    for (int64_t i = 0; i < kBlocks; ++i) values[i] = load<V>(grad + (i * tiles + tile) * W);
#pragma GCC unroll 8
    for (int64_t row = 0; row < rows; ++row) {
#pragma GCC unroll 2
      for (int64_t i = 0; i < kBlocks; ++i) sums[row][i] += source[tile * W + row] * values[i];
    }
  }
  for (int64_t row = 0; row < rows; ++row) {
    for (int64_t i = 0; i < kBlocks; ++i) {
      float* place = to + row * row_stride + i * W;
      store(place, add ? load<V>(place) + sums[row][i] : sums[row][i]);
    }
  }
}

template <int W>
void winograd_gradient_products(const WinogradGradient& work, int64_t tiles, bool add, int64_t begin,
                                int64_t end) {
  const int64_t block_stride = tiles * W, outputs = work.out_blocks * W;
  for (int64_t task = begin; task < end; ++task) {
    const int64_t point = task / work.in_blocks;
    const float* grad = work.grad_tiles + point * work.out_blocks * block_stride;
    for (int64_t half = 0; half < 2; ++half) {
      const float* source = work.source_tiles + task * block_stride + half * (W / 2);
      float* to = work.products + (task * W + half * (W / 2)) * outputs;
      int64_t block = 0;
      for (; block + 1 < work.out_blocks; block += 2) {
        add_up_tiles<W, 2>(source, grad + block * block_stride, tiles, add, to + block * W, outputs);
      }
      if (block < work.out_blocks) {
        add_up_tiles<W, 1>(source, grad + block * block_stride, tiles, add, to + block * W, outputs);
      }
    }
  }
}

template <int W>
void winograd_gradient_weights(const WinogradGradient& work, float* grad_weights, int64_t begin,
                               int64_t end) {
  using V = F<W>;
  const int64_t inputs = work.in_blocks * W, outputs = work.out_blocks * W;
  for (int64_t block = 0; block < work.out_blocks; ++block) {
    for (int64_t input = begin; input < end; ++input) {
      V columns[3][6];
      for (int64_t j = 0; j < 6; ++j) {
        V u[6], g[3];
        for (int64_t i = 0; i < 6; ++i) {
          u[i] = load<V>(work.products + ((i * 6 + j) * inputs + input) * outputs + block * W);
        }
        weights_from_points(u, g);
        for (int64_t y = 0; y < 3; ++y) columns[y][j] = g[y];
      }
      for (int64_t y = 0; y < 3; ++y) {
        V g[3];
        weights_from_points(columns[y], g);
        for (int64_t x = 0; x < 3; ++x) {
          for (int64_t lane = 0; lane < W; ++lane) {
            grad_weights[((block * W + lane) * inputs + input) * 9 + y * 3 + x] = g[x][lane];
          }
        }
      }
    }
  }
}

}  // namespace
}  // namespace focus::ops::kernel
