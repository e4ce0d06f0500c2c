#include "nn/threads.h"

#include <ATen/Parallel.h>
#include <omp.h>

namespace focus::nn {

void use_threads_here(int count) {
  at::get_num_threads();  // Makes LibTorch initialise this thread, which happens once and would undo the next line.
  omp_set_num_threads(count);
}

}  // namespace focus::nn
