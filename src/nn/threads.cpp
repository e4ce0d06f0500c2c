#include "nn/threads.h"

#include <ATen/Parallel.h>
#include <omp.h>

namespace focus::nn {

void use_threads_here(int count) {
  at::get_num_threads();  // Has LibTorch set this thread up, which it does once and would undo the next line.
  omp_set_num_threads(count);
}

}  // namespace focus::nn
