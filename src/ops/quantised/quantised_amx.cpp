// Tiles of AMX: 16 rows by 16 columns of sums, 64 products each, an instruction.
#ifdef __x86_64__

#include "ops/quantised/quantised_amx.h"

#include "ops/quantised/quantised_vector.h"

namespace focus::ops::kernel {
namespace {

constexpr int kTileRows = 16, kTileBytes = 64;
constexpr int kRows = 2 * kTileRows;

/// The shape of eight tiles, as LDTILECFG reads it (Intel's Software Developer's Manual).
struct alignas(64) TileShapes {
  uint8_t palette = 1, start_row = 0, reserved[14] = {};
  uint16_t bytes[16] = {};
  uint8_t rows[16] = {};
};

constexpr TileShapes full_tiles() {
  TileShapes shapes;
  for (int tile = 0; tile < 8; ++tile) shapes.bytes[tile] = kTileBytes, shapes.rows[tile] = kTileRows;
  return shapes;
}

}  // namespace

void multiply_quantised_amx(const QuantisedProduct& in, int64_t rows) {
  constexpr int64_t panel = quantised_panel(16);
  static constexpr TileShapes shapes = full_tiles();
  _tile_loadconfig(&shapes);
  for (int64_t column = 0; column < in.columns; column += panel) {
    const int8_t* const weights = in.weights + column / panel * in.panel_stride;
    for (int64_t row = 0; row < rows; row += kRows) {
      const uint8_t* const bytes = in.bytes + row * in.bytes_stride;
      _tile_zero(0);
      _tile_zero(1);
      _tile_zero(2);
      _tile_zero(3);
      for (int64_t k = 0; k < in.depth; k += kTileBytes) {
        // A row of weights in a tile is four bytes of each of 16 columns; a panel has 32.
        _tile_loadd(4, bytes + k, in.bytes_stride);
        _tile_loadd(6, weights + k * panel, 4 * panel);
        _tile_loadd(7, weights + k * panel + kTileBytes, 4 * panel);
        _tile_loadd(5, bytes + kTileRows * in.bytes_stride + k, in.bytes_stride);
        _tile_dpbusd(0, 4, 6);
        _tile_dpbusd(1, 4, 7);
        _tile_dpbusd(2, 5, 6);
        _tile_dpbusd(3, 5, 7);
      }
      alignas(64) I<16> sums[kRows][2];
      _tile_stored(0, &sums[0][0], sizeof sums[0]);
      _tile_stored(1, &sums[0][1], sizeof sums[0]);
      _tile_stored(2, &sums[kTileRows][0], sizeof sums[0]);
      _tile_stored(3, &sums[kTileRows][1], sizeof sums[0]);
      finish_panel<16, kRows>(in, sums, row, rows - row, column, in.columns - column);
    }
  }
  _tile_release();
}

}  // namespace focus::ops::kernel

#endif
