// How many threads LibTorch's loops take, for each thread that runs some.
#pragma once

namespace focus::nn {

/// Loops that the calling thread runs take `count` threads from here on; other threads keep their number.
/// For code that is called often: at::set_num_threads recreates the threads of LibTorch's second pool
/// (XNNPACK's) at each call, and new ones spin for milliseconds.
void use_threads_here(int count);

}  // namespace focus::nn
