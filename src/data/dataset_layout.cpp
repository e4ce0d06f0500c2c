#include "data/dataset_layout.h"

#include "base/error.h"

namespace focus::data {

SplitPaths find_split(const std::filesystem::path& dataset, const std::string& split) {
  namespace fs = std::filesystem;
  if (!fs::is_directory(dataset))
    fail("{}: no such folder; give the folder of a COCO-format data set", dataset.string());
  for (const std::string& name : {split, split + "2017", split + "2014"}) {
    const fs::path annotations = dataset / "annotations" / ("instances_" + name + ".json");
    if (!fs::is_regular_file(annotations)) continue;
    for (const fs::path& images : {dataset / "images" / name, dataset / name, dataset / "images"}) {
      if (fs::is_directory(images)) return {annotations, images};
    }
    fail("{}: no pictures in images/{} or {} of {}", annotations.string(), name, name, dataset.string());
  }
  fail("{}: no annotations/instances_{}.json; is it a COCO-format data set with a split '{}'?",
       dataset.string(), split, split);
}

std::shared_ptr<const AnnotationStore> load_split(const std::filesystem::path& dataset,
                                                  const std::string& split) {
  const SplitPaths paths = find_split(dataset, split);
  return load_coco(paths.annotations, paths.images);
}

}  // namespace focus::data
