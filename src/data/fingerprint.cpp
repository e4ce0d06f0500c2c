#include "data/fingerprint.h"

#include <spdlog/fmt/fmt.h>

#include "io/tensorboard/crc32c.h"

namespace focus::data {

std::string fingerprint(const AnnotationStore& store) {
  // One checksum per image, so that the text of a large data set is never in memory as a whole.
  std::string checksums;
  for (const auto& category : store.categories())
    checksums += fmt::format("{} {};", category.id, category.name);
  for (int64_t i = 0; i < store.size(); ++i) {
    const auto& image = store.image(i);
    std::string text =
        fmt::format("{} {} {} {}", image.id, image.file_name, image.size.height, image.size.width);
    for (const auto& box : store.annotations(i)) {
      text += fmt::format(";{} {} {} {} {} {} {}", box.label, box.x, box.y, box.width, box.height, box.area,
                          box.crowd);
    }
    checksums += fmt::format("{:08x}", io::crc32c(text));
  }
  return fmt::format("{:08x}", io::crc32c(checksums));
}

}  // namespace focus::data
