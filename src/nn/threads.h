// How many threads LibTorch's loops use, set per calling thread.
#pragma once

namespace focus::nn {

/// From now on, loops that the calling thread runs use `count` threads; other threads keep their number. For
/// code that is called often: at::set_num_threads recreates the threads of LibTorch's second pool (XNNPACK's)
/// at each call, and new ones spin for milliseconds.
void use_threads_here(int count);

}  // namespace focus::nn
