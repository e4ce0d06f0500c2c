// COCO annotations for use: the first fault is an error, and it is settled which way up the images are read.
#include "data/coco.h"
#include "data/settle_orientation.h"

namespace focus::data {

std::shared_ptr<const AnnotationStore> load_coco(const std::filesystem::path& annotations,
                                                 const std::filesystem::path& image_dir,
                                                 ImageReading reading) {
  const auto refuse = [&](const Issue& issue) {
    if (is_error(issue.kind)) fail_annotation_file(annotations, issue);
  };
  AnnotationEntries entries = read_coco(annotations, refuse);
  const auto settled = settle_orientation(entries, image_dir, {reading, Orientation::kAsStored});
  require_readable(settled, annotations.string());
  return std::make_shared<const AnnotationStore>(std::move(entries), image_dir,
                                                 StoreMeaning{settled.orientation, settled.note});
}

}  // namespace focus::data
