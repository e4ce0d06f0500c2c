#include "base/error.h"
#include "data/coco/coco.h"
#include "fuzz/memory_file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const focus::test::MemoryFile file(data, size);
  try {
    focus::data::read_coco(file.path(), [](const focus::data::Issue&) {});
  } catch (const focus::Error&) {
  }
  return 0;
}
