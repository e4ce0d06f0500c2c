// Products of rows and weights in eight bits with sums in 32: raw pointers, one function per instruction set
// (ops/cpu/kernel_table.h).
#pragma once

#include <cstdint>

namespace focus::ops::kernel {

/// Bytes whose products an instruction adds to one sum; rows and weights are padded with zeros to a multiple.
constexpr int64_t kBytesPerSum = 4;
/// The same with AMX.
constexpr int64_t kAmxDepth = 64;
/// Rows multiplied at once with AVX-512.
constexpr int64_t kQuantisedRows = 12;
/// Quantised rows in memory are padded to a multiple of this, whatever is in the padding.
constexpr int64_t kPaddedRows = 96;
/// Number of output columns in a panel of weights.
constexpr int64_t quantised_panel(int64_t lanes) { return 2 * lanes; }
/// The byte that stands for zero in rows of numbers of both signs.
constexpr int32_t kZeroByte = 128;

/// Rows of floats to be quantised, each by its own scale: the largest absolute value is 127 steps from zero,
/// or 255 if no number is negative.
struct RowsToQuantise {
  int64_t width, stride;  ///< Floats of a row, and from row to row.
  const float* source;
  bool is_signed;        ///< Bytes are kZeroByte + steps; else steps.
  int64_t bytes_stride;  ///< Bytes from row to row, at least width rounded up to kBytesPerSum.
  uint8_t* bytes;
  float* scales;  ///< The value of a step; NaN if the row has a NaN or an infinity.
};

/// Output = activation(base + product * row scale * column scale), where base is addend + bias, each of which
/// may be null. All strides are in elements.
struct QuantisedProduct {
  int64_t depth;  ///< Bytes of a row that are multiplied, a multiple of kBytesPerSum.
  int64_t columns;
  int64_t bytes_stride;
  const uint8_t* bytes;        ///< (rows padded to kPaddedRows, depth)
  const float* row_scales;     ///< As many.
  int64_t panel_stride;        ///< Bytes from one panel of weights to the next.
  const int8_t* weights;       ///< (panels, depth / 4, panel, 4); columns beyond the last are 0.
  const float* column_scales;  ///< (panels x panel), as are the next two.
  const int32_t* zero_sums;    ///< What kZeroByte in every place adds to a sum; null for unsigned rows.
  const float* bias;
  int64_t addend_stride;
  const float* addend;
  int64_t output_stride;
  float* output;
  bool clamps;  ///< Whether results are clamped to 0 .. upper; NaN stays NaN.
  float upper;
  bool gelu;  ///< Whether results pass GELU, by the error function.
};

/// Quantises rows 0 .. rows - 1.
using QuantiseRows = void(const RowsToQuantise& in, int64_t rows);

/// Computes rows 0 .. rows - 1 of the output. The addend may be the output.
using MultiplyQuantised = void(const QuantisedProduct& in, int64_t rows);

}  // namespace focus::ops::kernel
