#include "data/check/crowding.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>

#include "base/human.h"
#include "data/box_edges.h"

namespace focus::data {

int64_t learnable_count(std::span<const Annotation> boxes, nn::ImageSize size) {
  return std::count_if(boxes.begin(), boxes.end(), [&](const Annotation& box) {
    if (box.crowd) return false;
    const Annotation inside = inside_image(box, size);
    return inside.width > 0 && inside.height > 0;
  });
}

std::string crowding_note(const AnnotationStore& store, int64_t queries) {
  int64_t images = 0, most = 0, most_at = 0;
  for (int64_t i = 0; i < store.size(); ++i) {
    const int64_t count = learnable_count(store.annotations(i), store.image(i).size);
    images += count > queries;
    if (count > most) most = count, most_at = i;
  }
  if (images == 0) return "";
  return fmt::format(
      "{} of {} images have more boxes than the model has queries ({}), up to {} in {}: it can neither "
      "learn nor find them all; set model.transformer.queries={} or more, or cut the images into tiles",
      images, store.size(), queries, most, in_quotes(store.image(most_at).file_name), most);
}

}  // namespace focus::data
