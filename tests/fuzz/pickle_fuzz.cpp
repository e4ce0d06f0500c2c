#include "base/error.h"
#include "io/numpy/numpy_array.h"
#include "io/pytorch/pickle.h"
#include "io/pytorch/torch_values.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace focus::io;
  try {
    const Pickle pickle = read_pickle(memory_bytes({reinterpret_cast<const char*>(data), size}, "f"), 0, "f");
    for (PickleRef ref = 0; ref < pickle.size(); ++ref) {
      pickle.describe(ref);
      pickle.find(ref, "a");
      parse_pickled_array(pickle, ref);
      char into[8];
      pickle.read_text(ref, into, sizeof(into));
      try {
        if (is_torch_tensor(pickle, ref)) parse_torch_tensor(pickle, ref, "f");
      } catch (const focus::Error&) {
      }
    }
  } catch (const focus::Error&) {
  }
  return 0;
}
