#include <ATen/ATen.h>

#include "base/error.h"
#include "fuzz/memory_file.h"
#include "io/weights_file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const focus::test::MemoryFile file(data, size);
  try {
    // Copying touches every byte that a view says it has.
    for (const auto& [name, tensor] : focus::io::read_weights(file.path()).tensors) {
      if (tensor.nbytes() < 1 << 20) tensor.clone(at::MemoryFormat::Contiguous);
    }
  } catch (const focus::Error&) {
  }
  return 0;
}
