#include "data/voc/voc_annotation.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace focus::data;
  using namespace focus::images;
  const auto image =
      parse_voc_annotation({reinterpret_cast<const char*>(data), size}, "f", [](const Issue&) {});
  if (!image) return 0;
  for (const auto& [name, box] : image->objects) {
    if (name.empty() || !(box.width >= 0) || !(box.height >= 0)) __builtin_trap();
  }
  return 0;
}
