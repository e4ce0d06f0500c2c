#include <cmath>

#include "data/kitti/kitti_labels.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace focus::data;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto image = parse_kitti_labels(text, "f", [](const Issue&) {});
  for (const auto& object : image.objects) {
    const auto& box = object.box;
    if (!(box.width >= 0) || !(box.height >= 0) || !std::isfinite(box.area)) __builtin_trap();
    if (object.any_class != object.name.empty() || object.any_class != box.crowd) __builtin_trap();
  }
  (void)is_kitti_label(text);
  return 0;
}
