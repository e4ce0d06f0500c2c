// The threads of a block on the GPU as a team (ops/cuda/team.h): each thread holds its own state.
#pragma once

#include <cstdint>

#include "ops/cuda/team.h"

namespace focus::ops::cuda {

template <typename Thread, typename Element>
class DeviceTeam {
 public:
  __device__ __forceinline__ explicit DeviceTeam(void* shared) : shared_(static_cast<Element*>(shared)) {
    me_.thread = static_cast<int32_t>(threadIdx.x);
  }
  __device__ __forceinline__ uint32_t block() const { return blockIdx.x; }
  template <typename F>
  __device__ __forceinline__ void each(F f) {
    f(me_);
  }
  __device__ __forceinline__ void put(int32_t i, const Element& element) { shared_[i] = element; }
  __device__ __forceinline__ Element get(int32_t i) const { return shared_[i]; }
  __device__ __forceinline__ void barrier() { __syncwarp(); }

  template <typename Member, typename Op>
  __device__ __forceinline__ void reduce(int32_t lanes, Member member, Op op) {
    auto& value = member(me_);
    for (int32_t step = lanes / 2; step > 0; step /= 2)
      value = op(value, __shfl_xor_sync(0xFFFFFFFFu, value, step));
  }

 private:
  Thread me_;
  Element* shared_;
};

}  // namespace focus::ops::cuda
