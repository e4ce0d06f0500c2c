#include <cstddef>
#include <cstdint>

#include "base/error.h"
#include "io/safetensors/safetensors_header.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  // Nine bytes of data: what the tensors of the first seed take.
  constexpr uint64_t kDataBytes = 9;
  try {
    focus::io::parse_safetensors_header({reinterpret_cast<const char*>(data), size}, kDataBytes, "f");
  } catch (const focus::Error&) {
  }
  return 0;
}
