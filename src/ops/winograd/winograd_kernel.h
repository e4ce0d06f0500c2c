// 3x3 convolutions of stride 1 by Winograd's algorithm F(4x4, 3x3): 36 multiplications for 16 outputs, where
// direct convolution takes 144 (Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks", CVPR
// 2016). Raw pointers, one function per instruction set (ops/cpu/kernel_table.h).
#pragma once

#include <cstdint>

namespace focus::ops::kernel {

/// Outputs along a side of a tile; a tile reads two more pixels.
constexpr int64_t kWinogradTile = 4;
/// A tile's products are taken at the points 0, plus and minus these two, and infinity. With 2/3 and 3/2
/// rounding errors are less than twice those of direct convolution; with the usual 1 and 2, five times.
constexpr double kWinogradInner = 2.0 / 3.0, kWinogradOuter = 3.0 / 2.0;
constexpr int64_t kWinogradPoints = 36;
/// Number of tiles multiplied at once; tiles in memory are padded to a multiple of it.
constexpr int64_t kWinogradRows = 6;
/// Number of blocks of output channels multiplied at once.
constexpr int64_t kWinogradPanel = 2;
/// Floats of padding between the points of a tile in memory, so that they do not all map to the same cache
/// set.
constexpr int64_t kWinogradGap = 16;

/// The memory layout of a feature map: `lanes` contiguous channels, and strides in floats for the rest.
struct FeatureMap {
  int64_t image, block, row, column;
};

struct Winograd {
  int64_t in_blocks, out_blocks;  ///< Channels / lanes.
  int64_t height, width;
  int64_t tiles_down, tiles_across;  ///< Tiles of one image.
  FeatureMap source_map, addend_map, output_map;
  const float* source;
  const float* addend;  ///< Null without one.
  float* output;
  const float*
      weights;        ///< (panels, points, in channels, panel x lanes); lanes beyond the last channel are 0.
  const float* bias;  ///< (panels x panel x lanes)
  bool clamps;        ///< Whether results are clamped to lower .. upper; NaN stays NaN.
  float lower, upper;
};

/// Tiles and panels of one task.
struct WinogradPart {
  int64_t tile_begin, tile_end;  ///< Counted over all images.
  int64_t panel_begin, panel_end;
};

/// Size of the working memory for that many tiles, in floats.
inline int64_t winograd_scratch(const Winograd& work, int64_t tiles, int64_t lanes) {
  const int64_t rows = (tiles + kWinogradRows - 1) / kWinogradRows * kWinogradRows;
  return kWinogradPoints * (rows * lanes * (work.in_blocks + kWinogradPanel) + kWinogradGap);
}

/// A convolution's original weights: (output, input, tap) is at output * `output` + input * `input` + tap of
/// nine, counted from the end if `turned`. The gradient of a convolution's input is the convolution of its
/// result's gradient with the turned weights, inputs and outputs exchanged.
struct WinogradWeights {
  const float* weights;
  int64_t outputs, inputs;
  int64_t output, input;
  bool turned;
};

/// The gradient of the weights, summed over tiles at each point. Feature maps have blocks of channels.
struct WinogradGradient {
  int64_t in_blocks, out_blocks;
  int64_t height, width;
  int64_t tiles_down, tiles_across;
  FeatureMap source_map, grad_map;
  const float* source;  ///< The convolution's input.
  const float* grad;    ///< Gradient of its result.
  float* source_tiles;  ///< (points, in blocks, tiles, lanes)
  float* grad_tiles;    ///< (points, out blocks, tiles, lanes)
  float* products;      ///< (points, in channels, out channels)
};

/// Runs one task of the convolution; `scratch` has room for winograd_scratch floats.
using Convolve = void(const Winograd& work, const WinogradPart& part, float* scratch);

/// Transforms weights to (panels, points, inputs, panel x lanes), for panels begin .. end - 1.
using WeightsToPoints = void(const WinogradWeights& from, float* to, int64_t begin, int64_t end);

// The three steps of the gradient. Tiles tile_begin .. tile_end - 1 are at the start of the tiles' memory.

/// Transforms blocks begin .. end - 1, counted over those of the source, then those of the gradient.
using GradientTiles = void(const WinogradGradient& work, int64_t tile_begin, int64_t tile_end, int64_t begin,
                           int64_t end);
/// Computes the products for (point, block of inputs) begin .. end - 1, and adds them to the earlier ones if
/// `add`.
using GradientProducts = void(const WinogradGradient& work, int64_t tiles, bool add, int64_t begin,
                              int64_t end);
/// Computes the weights' gradient (outputs, inputs, 3, 3) for inputs begin .. end - 1 from all products.
using GradientWeights = void(const WinogradGradient& work, float* grad_weights, int64_t begin, int64_t end);

}  // namespace focus::ops::kernel
