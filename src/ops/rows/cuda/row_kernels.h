// The work of one block of the kernels for rows, by a team (ops/cuda/team.h). Each warp processes one row.
#pragma once

#include <cmath>

#include "ops/cuda/numbers.h"
#include "ops/cuda/team.h"
#include "ops/rows/cuda/row_call.h"

namespace focus::ops::cuda {

inline constexpr int32_t kRowsOfBlock = kThreads / kWarp;

struct RowThread {
  int32_t thread;  ///< Set by the team.
  int32_t lane;
  int64_t row;
  float sum, mean;
};

/// Assigns a thread its row and lane. Returns whether there is such a row.
FOCUS_DEVICE bool take_seat(RowThread& me, const RowShape& shape, uint32_t block) {
  me.lane = me.thread % kWarp;
  me.row = static_cast<int64_t>(block) * kRowsOfBlock + me.thread / kWarp;
  return me.row < shape.rows();
}

/// Calls visit(channel) for the first channel of each group of `width` that belongs to a lane.
template <int width, typename Visit>
FOCUS_DEVICE void each_channel(const RowShape& shape, int32_t lane, Visit visit) {
  for (int32_t channel = lane * width; channel < shape.channels; channel += kWarp * width) visit(channel);
}

/// Copies the chosen rows. A row with an index out of range becomes NaN, as reporting an error would need a
/// synchronisation.
template <typename T, int width, typename Team>
FOCUS_DEVICE void take_rows_block(Team& team, const RowShape& shape, const int64_t* index,
                                  const TakenRows<T>& rows) {
  team.each([&](RowThread& me) {
    if (!take_seat(me, shape, team.block())) return;
    const int64_t token = shape.token(index, me.row);
    each_channel<width>(shape, me.lane, [&](int32_t channel) {
      for (int tensor = 0; tensor < 2 && rows.from[tensor] != nullptr; ++tensor) {
        Real<T> numbers[width];
        for (int i = 0; i < width; ++i) numbers[i] = static_cast<Real<T>>(NAN);
        if (token >= 0) load<width, T>(rows.from[tensor] + token * shape.channels + channel, numbers);
        store<width, T>(rows.to[tensor] + me.row * shape.channels + channel, numbers);
      }
    });
  });
}

/// Normalises x + residual over channels, scales and shifts it, and writes it to the chosen rows (to all rows
/// if index is null). A row with an index out of range is not written. The row is read three times, for the
/// mean, the variance around it and the result; the last two reads find it in the L1 cache.
template <typename T, int width, typename Team>
FOCUS_DEVICE void norm_rows_block(Team& team, const RowShape& shape, const int64_t* index,
                                  const NormedRows<T>& rows) {
  const auto read = [&](const RowThread& me, int32_t channel, float(&numbers)[width]) {
    const int64_t at = me.row * shape.channels + channel;
    load<width, T>(rows.x + at, numbers);
    if (rows.residual == nullptr) return;
    float more[width];
    load<width, T>(rows.residual + at, more);
    for (int i = 0; i < width; ++i) numbers[i] += more[i];
  };
  const auto channels = static_cast<float>(shape.channels);
  team.each([&](RowThread& me) {
    me.sum = 0;
    if (!take_seat(me, shape, team.block())) return;
    each_channel<width>(shape, me.lane, [&](int32_t channel) {
      float numbers[width];
      read(me, channel, numbers);
      for (int i = 0; i < width; ++i) me.sum += numbers[i];
    });
  });
  team.reduce(
      kWarp, [](RowThread& me) -> float& { return me.sum; }, Plus());
  team.each([&](RowThread& me) {
    me.mean = me.sum / channels;
    me.sum = 0;
    if (me.row >= shape.rows()) return;
    each_channel<width>(shape, me.lane, [&](int32_t channel) {
      float numbers[width];
      read(me, channel, numbers);
      for (int i = 0; i < width; ++i) me.sum += (numbers[i] - me.mean) * (numbers[i] - me.mean);
    });
  });
  team.reduce(
      kWarp, [](RowThread& me) -> float& { return me.sum; }, Plus());
  team.each([&](RowThread& me) {
    if (me.row >= shape.rows()) return;
    const int64_t token = index == nullptr ? me.row : shape.token(index, me.row);
    if (token < 0) return;
    const float scale = 1 / std::sqrt(me.sum / channels + rows.epsilon);
    each_channel<width>(shape, me.lane, [&](int32_t channel) {
      float numbers[width];
      read(me, channel, numbers);
      for (int i = 0; i < width; ++i) {
        numbers[i] = (numbers[i] - me.mean) * scale * rows.weight[channel + i] + rows.bias[channel + i];
      }
      store<width, T>(rows.to + token * shape.channels + channel, numbers);
    });
  });
}

}  // namespace focus::ops::cuda
