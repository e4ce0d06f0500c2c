// Calls of the CUDA kernels as the launchers make them, block after block on the CPU.
#pragma once

#include <gtest/gtest.h>

#include <cstring>
#include <vector>

#include "ops/cuda/emulated_team.h"
#include "ops/cuda/random_call.h"
#include "ops/deform_attn/cuda/ms_deform_attn_backward.h"
#include "ops/deform_attn/cuda/ms_deform_attn_bounds.h"
#include "ops/deform_attn/cuda/ms_deform_attn_forward.h"
#include "ops/deform_attn/cuda/ms_deform_attn_variant.h"

namespace focus::test {

/// What a kernel has to write is NaN before.
template <typename T>
void make_nan(std::vector<T>& numbers) {
  if (!numbers.empty()) std::memset(static_cast<void*>(numbers.data()), 0xFF, numbers.size() * sizeof(T));
}

template <typename T, typename Points>
std::vector<double> emulated_forward(const ops::cuda::Shape& shape, const Points& points,
                                     const std::vector<T>& value, ThreadOrder order = ThreadOrder::kUp) {
  using Tap = ops::cuda::Tap<ops::cuda::Real<T>>;
  std::vector<T> output(static_cast<size_t>(shape.batch * shape.queries * shape.stride()));
  make_nan(output);
  ops::cuda::with_variant<T>(shape, {value.data(), output.data(), nullptr}, sizeof(Tap), [&]<typename V>(V) {
    const auto geometry = ops::cuda::geometry_of(shape, V::width, sizeof(Tap), true);
    emulate_blocks<ops::cuda::ForwardThread<T, V::width>, Tap>(
        geometry.blocks, geometry.shared_bytes, order, [&](auto& team) {
          ops::cuda::forward_block<T, V::width, V::levels, V::points>(team, shape, geometry, points,
                                                                      value.data(), output.data());
        });
  });
  return as_double(output);
}

template <typename T>
ops::cuda::GivenPoints<ops::cuda::Real<T>> given_points(const RandomCall<T>& call) {
  return {call.locations.data(), call.weights.data()};
}

template <typename T>
std::vector<double> emulated_forward(const RandomCall<T>& call, ThreadOrder order = ThreadOrder::kUp) {
  return emulated_forward(call.shape, given_points(call), call.value, order);
}

/// All four results; those of the gradients by the atomic sums or, `deterministic`, by the exact ones.
template <typename T>
CallResults emulated_results(const RandomCall<T>& call, bool deterministic,
                             ThreadOrder order = ThreadOrder::kUp) {
  using R = ops::cuda::Real<T>;
  using Tap = ops::cuda::Tap<R>;
  const auto& shape = call.shape;
  std::vector<R> grad_value(call.value.size()), grad_locations(call.locations.size()),
      grad_weights(call.weights.size());
  make_nan(grad_locations);
  make_nan(grad_weights);
  const ops::cuda::Gradients<T> grad{call.upstream.data(), grad_value.data(), grad_locations.data(),
                                     grad_weights.data()};
  const auto run = [&](const auto& sums) {
    ops::cuda::with_variant<T>(
        shape, {call.value.data(), grad.output, grad.value}, sizeof(Tap), [&]<typename V>(V) {
          const auto geometry = ops::cuda::geometry_of(shape, V::width, sizeof(Tap), false);
          emulate_blocks<ops::cuda::BackwardThread<T, V::width>, Tap>(
              geometry.blocks, geometry.shared_bytes, order, [&](auto& team) {
                ops::cuda::backward_block<T, V::width, V::levels, V::points>(
                    team, shape, geometry, given_points(call), call.value.data(), grad, sums);
              });
        });
  };
  if (deterministic) {
    std::vector<int64_t> integers(grad_value.size());
    std::vector<uint64_t> bounds(static_cast<size_t>(shape.batch * shape.heads));
    const auto geometry = ops::cuda::geometry_of(shape, 1, sizeof(Tap), false);
    emulate_blocks<ops::cuda::BoundThread, Tap>(geometry.blocks, 0, order, [&](auto& team) {
      ops::cuda::bound_block(team, shape, geometry, given_points(call), call.upstream.data(), bounds.data());
    });
    const ops::cuda::ExactSums<R> sums{integers.data(), bounds.data(), ops::cuda::term_bits_of(shape)};
    run(sums);
    for (size_t i = 0; i < integers.size(); ++i) {
      ops::cuda::finish_sum(shape, sums, static_cast<int64_t>(i), grad_value.data());
    }
  } else {
    run(ops::cuda::AtomicSums<R>{grad_value.data()});
  }
  return {emulated_forward(call, order), as_double(grad_value), as_double(grad_locations),
          as_double(grad_weights)};
}

/// The gradients of value and raw output, by the atomic sums.
template <typename T>
RawResults<T> emulated_raw_results(const RandomCall<T>& call, bool boxes) {
  using R = ops::cuda::Real<T>;
  using Tap = ops::cuda::Tap<R>;
  const auto& shape = call.shape;
  const ops::cuda::RawPoints points{call.raw.data(), call.references.data(), boxes};
  std::vector<R> grad_value(call.value.size());
  std::vector<float> grad_raw(call.raw.size());
  make_nan(grad_raw);
  const ops::cuda::RawGradients<T> grad{call.upstream.data(), grad_value.data(), grad_raw.data()};
  const ops::cuda::AtomicSums<R> sums{grad_value.data()};
  ops::cuda::with_variant<T>(
      shape, {call.value.data(), grad.output, grad.value}, sizeof(Tap), [&]<typename V>(V) {
        const auto geometry = ops::cuda::geometry_of(shape, V::width, sizeof(Tap), false);
        emulate_blocks<ops::cuda::BackwardThread<T, V::width>, Tap>(
            geometry.blocks, geometry.shared_bytes, ThreadOrder::kUp, [&](auto& team) {
              ops::cuda::backward_block<T, V::width, V::levels, V::points>(team, shape, geometry, points,
                                                                           call.value.data(), grad, sums);
            });
      });
  return {emulated_forward(shape, points, call.value), as_double(grad_value), as_double(grad_raw)};
}

}  // namespace focus::test
