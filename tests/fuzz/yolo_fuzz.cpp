#include "base/error.h"
#include "data/yolo/yolo_config.h"
#include "data/yolo/yolo_labels.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace focus::data;
  using namespace focus::images;
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto boxes = parse_yolo_labels(text, "f", {480, 640}, 3, [](const Issue&) {});
  for (const auto& box : boxes) {
    if (!(box.width >= 0) || !(box.height >= 0) || box.label < 0 || box.label >= 3) __builtin_trap();
  }
  try {
    parse_yolo_config(text, "f");
  } catch (const focus::Error&) {
  }
  return 0;
}
