// 3x3 convolutions of stride 1 by Winograd's algorithm F(4x4, 3x3): 36 multiplications for 16 outputs where
// the sum takes 144 (Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks", CVPR 2016). Raw
// pointers, one function per instruction set (ops/cpu/kernel_table.h).
#pragma once

#include <cstdint>

namespace focus::ops::kernel {

/// Outputs a side of a tile; a tile reads two pixels more.
constexpr int64_t kWinogradTile = 4;
/// The points, in which a tile's products are taken: 0, plus and minus these two, infinity. With 2/3 and 3/2
/// rounding is less than twice that of the sum itself; with the usual 1 and 2 it is five times that.
constexpr double kWinogradInner = 2.0 / 3.0, kWinogradOuter = 3.0 / 2.0;
constexpr int64_t kWinogradPoints = 36;
/// Tiles that are multiplied at once: counts of tiles in memory are multiples of this.
constexpr int64_t kWinogradRows = 6;
/// Blocks of output channels that are multiplied at once.
constexpr int64_t kWinogradPanel = 2;
/// Floats between the points of a tile in memory, lest all of them fall on the same lines of the cache.
constexpr int64_t kWinogradGap = 16;

/// Where the values of a feature map lie: `lanes` channels next to each other, the rest by strides in floats.
struct FeatureMap {
  int64_t image, block, row, column;
};

struct Winograd {
  int64_t in_blocks, out_blocks;  ///< Channels / lanes.
  int64_t height, width;
  int64_t tiles_down, tiles_across;  ///< Of one image.
  FeatureMap source_map, addend_map, output_map;
  const float* source;
  const float* addend;  ///< Null without one.
  float* output;
  const float*
      weights;        ///< (panels, points, in channels, panel x lanes); what is beyond the last channel is 0.
  const float* bias;  ///< (panels x panel x lanes)
  bool clamps;        ///< Whether results are cut to lower .. upper; NaN stays NaN.
  float lower, upper;
};

/// Tiles and panels of one task.
struct WinogradPart {
  int64_t tile_begin, tile_end;  ///< Of all images, one after the other.
  int64_t panel_begin, panel_end;
};

/// Floats of working memory for that many tiles.
inline int64_t winograd_scratch(const Winograd& work, int64_t tiles, int64_t lanes) {
  const int64_t rows = (tiles + kWinogradRows - 1) / kWinogradRows * kWinogradRows;
  return kWinogradPoints * (rows * lanes * (work.in_blocks + kWinogradPanel) + kWinogradGap);
}

/// Weights as a convolution has them: the one of (output, input, tap) is at output * `output` + input *
/// `input` + tap of nine, counted from the end if `turned`. The gradient of what a convolution read is the
/// convolution of its result's gradient with the turned weights, inputs and outputs exchanged.
struct WinogradWeights {
  const float* weights;
  int64_t outputs, inputs;
  int64_t output, input;
  bool turned;
};

/// The gradient of the weights, added up over tiles at each point. Feature maps have blocks of channels.
struct WinogradGradient {
  int64_t in_blocks, out_blocks;
  int64_t height, width;
  int64_t tiles_down, tiles_across;
  FeatureMap source_map, grad_map;
  const float* source;  ///< What the convolution read.
  const float* grad;    ///< Gradient of its result.
  float* source_tiles;  ///< (points, in blocks, tiles, lanes)
  float* grad_tiles;    ///< (points, out blocks, tiles, lanes)
  float* products;      ///< (points, in channels, out channels)
};

/// One task of the convolution; `scratch` has room for winograd_scratch floats.
using Convolve = void(const Winograd& work, const WinogradPart& part, float* scratch);

/// The weights at the points, (panels, points, inputs, panel x lanes): panels begin .. end - 1.
using WeightsToPoints = void(const WinogradWeights& from, float* to, int64_t begin, int64_t end);

// Three steps of the gradient, each of all tiles tile_begin .. tile_end - 1, which lie first in memory.

/// Source and gradient of blocks begin .. end - 1 (those of the source, then those of the gradient) to the
/// points.
using GradientTiles = void(const WinogradGradient& work, int64_t tile_begin, int64_t tile_end, int64_t begin,
                           int64_t end);
/// Products of (point, block of inputs) begin .. end - 1, added to what is there or not.
using GradientProducts = void(const WinogradGradient& work, int64_t tiles, bool add, int64_t begin,
                              int64_t end);
/// The weights' gradient (outputs, inputs, 3, 3) of inputs begin .. end - 1 from all products.
using GradientWeights = void(const WinogradGradient& work, float* grad_weights, int64_t begin, int64_t end);

}  // namespace focus::ops::kernel
