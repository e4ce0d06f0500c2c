// Loads COCO annotations for use: throws at the first error, and decides in which orientation images are
// read.
#include "base/console.h"
#include "data/check/emptiness.h"
#include "data/coco/coco.h"
#include "data/coco/coco_images.h"
#include "data/settle_orientation.h"
#include "data/unsized_images.h"

namespace focus::data {

std::shared_ptr<const AnnotationStore> load_coco(const std::filesystem::path& annotations,
                                                 const std::filesystem::path& image_dir,
                                                 images::ImageReading reading) {
  const auto refuse = [&](const Issue& issue) {
    if (is_error(issue.kind)) fail_annotation_file(annotations, issue);
    if (issue.kind == IssueKind::kReadOtherwise) print_note("note: {}: {}", issue.entry, issue.text);
  };
  AnnotationEntries entries = read_coco(annotations, refuse);
  find_alike_images(entries.images, image_dir, annotations, refuse);
  const auto settled = settle_orientation(entries, image_dir, {reading, images::Orientation::kAsStored});
  require_readable(settled, annotations.string());
  measure_unsized(entries, image_dir, settled.orientation, refuse);
  report_emptiness(entries, "the file", refuse);
  return std::make_shared<const AnnotationStore>(std::move(entries), image_dir,
                                                 StoreMeaning{settled.orientation, settled.note});
}

}  // namespace focus::data
