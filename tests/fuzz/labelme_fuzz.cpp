#include "data/labelme/labelme.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace focus::data;
  using namespace focus::images;
  const auto image = parse_labelme({reinterpret_cast<const char*>(data), size}, "f", [](const Issue&) {});
  if (!image) return 0;
  for (const auto& [name, box] : image->objects) {
    if (name.empty() || !(box.width >= 0) || !(box.height >= 0)) __builtin_trap();
  }
  return 0;
}
