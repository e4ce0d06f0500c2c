// The one immutable annotation store of a data set, shared by all threads: memory does not grow with epochs.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/box.h"
#include "data/entry_ids.h"
#include "images/decode.h"
#include "images/image_reading.h"
#include "nn/batch.h"

namespace focus::data {

/// Ids are the data set's own: any integers, with gaps. For an id that is text, or too long, a number stands
/// in (entry_ids.h); AnnotationStore::ids has the original.
struct Category {
  int64_t id = 0;
  std::string name;
};

/// One box. Its class is an index into the store's categories, not the data set's id.
struct Annotation {
  int64_t id = 0;
  int64_t label = 0;
  double x = 0, y = 0, width = 0, height = 0;  ///< Pixels; x, y is the top left corner.
  double area = 0;                             ///< As stated by the file: of the object, not of its box.
  bool crowd = false;

  Box box() const { return Box::of_sides(x, y, width, height); }
  /// Of the box, not of the object.
  double box_area() const { return width * height; }
};

/// Intersection over union of two annotations' boxes.
inline double box_iou(const Annotation& a, const Annotation& b) {
  return iou(a.box(), a.box_area(), b.box(), b.box_area());
}

struct ImageRecord {
  int64_t id = 0;
  std::string file_name;  ///< Relative to the folder of images.
  nn::ImageSize size;     ///< As stated by the file.
};

/// What the readers of all formats return: the entries that a store is made from.
struct AnnotationEntries {
  std::vector<Category> categories;  ///< In the order of the class indices.
  std::vector<ImageRecord> images;
  std::vector<std::vector<Annotation>> annotations;  ///< For each image, in file order.
  DatasetIds ids = {};                               ///< The ids that numbers stand in for.
};

/// How the entries of a store are to be interpreted.
struct StoreMeaning {
  /// The orientation in which the boxes match the images.
  images::Orientation orientation = images::Orientation::kAsStored;
  /// The reason for it, as a sentence; empty if no image has an EXIF orientation.
  std::string orientation_note = {};
  /// Image ids are positions in the split, since the format has no image ids.
  bool ids_are_places = false;
};

/// Images, categories and boxes of a data set. Thread-safe: it never changes.
class AnnotationStore {
 public:
  AnnotationStore(std::vector<Category> categories, std::vector<ImageRecord> images,
                  const std::vector<std::vector<Annotation>>& annotations, std::filesystem::path image_dir,
                  DatasetIds ids = {}, StoreMeaning meaning = {});
  AnnotationStore(AnnotationEntries entries, std::filesystem::path image_dir, StoreMeaning meaning = {})
      : AnnotationStore(std::move(entries.categories), std::move(entries.images), entries.annotations,
                        std::move(image_dir), std::move(entries.ids), std::move(meaning)) {}

  const std::vector<Category>& categories() const { return categories_; }
  int64_t size() const { return static_cast<int64_t>(images_.size()); }
  const ImageRecord& image(int64_t index) const { return images_.at(static_cast<size_t>(index)); }
  /// Boxes of the image at `index`, in file order, crowds included.
  std::span<const Annotation> annotations(int64_t index) const;
  std::filesystem::path image_path(int64_t index) const;
  /// What image_path is relative to: a folder, or a file of decoded images (pack/image_pack.h).
  const std::filesystem::path& image_dir() const { return image_dir_; }
  /// The ids as the data set states them.
  const DatasetIds& ids() const { return ids_; }
  const StoreMeaning& meaning() const { return meaning_; }
  images::Orientation orientation() const { return meaning_.orientation; }

 private:
  std::vector<Category> categories_;
  std::vector<ImageRecord> images_;
  std::vector<Annotation> boxes_;
  std::vector<size_t> first_box_;  ///< boxes of image i: boxes_[first_box_[i]] .. boxes_[first_box_[i + 1]].
  std::filesystem::path image_dir_;
  DatasetIds ids_;
  StoreMeaning meaning_;
};

/// Reads a COCO annotation file. Throws Error naming the file, the entry and the field for what cannot be
/// used (not JSON, missing field, NaN, unknown category or image id, duplicate ids), and for images that do
/// not have their stated sizes when read this way (settle_orientation.h). Warnings and missing images are not
/// errors.
std::shared_ptr<const AnnotationStore> load_coco(
    const std::filesystem::path& annotations, const std::filesystem::path& image_dir,
    images::ImageReading reading = images::ImageReading::kByDataset);

}  // namespace focus::data
