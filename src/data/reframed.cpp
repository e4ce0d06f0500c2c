#include "data/reframed.h"

#include "data/turned_boxes.h"
#include "images/stored_image.h"

namespace focus::data {

std::shared_ptr<const AnnotationStore> reframed(std::shared_ptr<const AnnotationStore> store,
                                                images::Orientation orientation) {
  if (store->orientation() == orientation || !std::filesystem::is_directory(store->image_dir())) return store;
  std::vector<std::filesystem::path> paths;
  for (int64_t i = 0; i < store->size(); ++i) paths.push_back(store->image_path(i));
  const auto looked = images::look_at_images(paths);
  AnnotationEntries entries{store->categories(), {}, {}, store->ids()};
  for (int64_t i = 0; i < store->size(); ++i) {
    ImageRecord image = store->image(i);
    std::vector<Annotation> boxes(store->annotations(i).begin(), store->annotations(i).end());
    const auto& found = looked[static_cast<size_t>(i)];
    if (found && found->orientation != 1) {
      image.size = found->read_as(orientation);
      for (auto& box : boxes) {
        box = orientation == images::Orientation::kUpright ? upright_box(box, found->size, found->orientation)
                                                           : stored_box(box, found->size, found->orientation);
      }
    }
    entries.images.push_back(std::move(image));
    entries.annotations.push_back(std::move(boxes));
  }
  StoreMeaning meaning = store->meaning();
  meaning.orientation = orientation;
  return std::make_shared<const AnnotationStore>(std::move(entries), store->image_dir(), std::move(meaning));
}

}  // namespace focus::data
