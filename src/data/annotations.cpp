#include "data/annotations.h"

#include "base/error.h"

namespace focus::data {

AnnotationStore::AnnotationStore(std::vector<Category> categories, std::vector<ImageRecord> images,
                                 const std::vector<std::vector<Annotation>>& annotations,
                                 std::filesystem::path image_dir, DatasetIds ids, StoreMeaning meaning)
    : categories_(std::move(categories)),
      images_(std::move(images)),
      image_dir_(std::move(image_dir)),
      ids_(std::move(ids)),
      meaning_(std::move(meaning)) {
  if (annotations.size() != images_.size()) {
    fail("annotation store: {} lists of boxes for {} images; give one list per image", annotations.size(),
         images_.size());
  }
  first_box_.reserve(images_.size() + 1);
  first_box_.push_back(0);
  for (const auto& boxes : annotations) first_box_.push_back(first_box_.back() + boxes.size());
  boxes_.reserve(first_box_.back());
  for (const auto& boxes : annotations) boxes_.insert(boxes_.end(), boxes.begin(), boxes.end());
}

std::span<const Annotation> AnnotationStore::annotations(int64_t index) const {
  const size_t first = first_box_.at(static_cast<size_t>(index));
  const size_t last = first_box_.at(static_cast<size_t>(index) + 1);
  return {boxes_.data() + first, last - first};
}

std::filesystem::path AnnotationStore::image_path(int64_t index) const {
  return image_dir_ / image(index).file_name;
}

}  // namespace focus::data
