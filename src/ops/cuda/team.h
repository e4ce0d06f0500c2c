// What a block of a kernel does is written once, for the GPU and for its emulation in tests, in terms of a
// team: the threads of a block. Each has its own state, and all share a memory:
//
//   block()              the number of the block
//   each(f)              every thread calls f(its state); state.thread is its number
//   put(i, x), get(i)    the shared memory
//   barrier()            afterwards the other threads of a warp can get what a thread has put
//   reduce(lanes, member, op)  combines member(state) over each `lanes` neighbouring threads; all receive the
//   result
//
// Threads that share anything are always of one warp, so that none waits for another warp.
#pragma once

#include <cstdint>

#include "ops/cuda/portable.h"

namespace focus::ops::cuda {

inline constexpr int32_t kThreads = 128;
inline constexpr int32_t kWarp = 32;

struct Plus {
  template <typename R>
  FOCUS_DEVICE R operator()(R a, R b) const {
    return a + b;
  }
};
struct Larger {
  template <typename R>
  FOCUS_DEVICE R operator()(R a, R b) const {
    return a > b ? a : b;
  }
};

}  // namespace focus::ops::cuda
