// Finds the image and the class of a data set that a results file means: other programs number them in their
// own way.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "data/annotations.h"
#include "eval/box_detection.h"

namespace focus::eval {

/// What `image_id` is: inferred (kByDataset); ids of the annotations; file names, in `file_name` or, without
/// it, in the ids that Ultralytics makes of them: the name without its extension, as a number if it is one;
/// or positions in the order of the annotations' images, from 0 or from 1.
enum class ImageIds { kByDataset, kAnnotations, kNames, kFromZero, kFromOne };

/// What `category_id` is: ids of the annotations, refused if they look like something else (kByDataset); ids
/// of the annotations, whatever they look like; or positions in the order of the data set's classes, from 0
/// or from 1.
enum class CategoryIds { kByDataset, kAnnotations, kFromZero, kFromOne };

/// How a results file names an image; has at least an id or a file name.
struct ImageReference {
  std::optional<data::StatedId> id;
  std::optional<std::string> text;  ///< Of an id that is text.
  std::optional<std::string> file_name;

  /// The id, if it is a number.
  std::optional<int64_t> number() const {
    return id && id->token.empty() ? std::optional(id->number) : std::nullopt;
  }
};

/// Stands for a category that the annotations do not have and whose id is not a 64-bit integer.
constexpr int64_t kUnknownCategory = std::numeric_limits<int64_t>::min();

/// True for ids that are positions of classes.
constexpr bool counts_classes(CategoryIds ids) {
  return ids == CategoryIds::kFromZero || ids == CategoryIds::kFromOne;
}

/// Finds the images of a data set by the ids and names in results files.
class ImageNames {
 public:
  static constexpr int64_t kNone = -1, kSeveral = -2;

  explicit ImageNames(const data::AnnotationStore& store);

  /// Index of the image with that id (AnnotationStore::ids).
  int64_t by_id(const data::StatedId& id) const;
  /// By its path in the data set, or its last part, with either separator.
  int64_t by_file(std::string name) const;
  /// By its name without folder and extension.
  int64_t by_stem(const std::string& stem) const;
  /// By its name without folder and extension, read as a number.
  int64_t by_number(int64_t number) const;

 private:
  const data::EntryIds& stated_;
  std::unordered_map<int64_t, int64_t> ids_, numbers_;
  std::unordered_map<std::string, int64_t> paths_, files_, stems_;
};

/// Finds the image of each detection. In a data set without ids of its own, `file_name` decides; without it,
/// numbers may be positions or names, and are refused if both are possible and differ. In other data sets ids
/// decide, and a name that contradicts them is refused.
class ImageJoin {
 public:
  /// @param source the results file, for messages
  ImageJoin(const data::AnnotationStore& store, ImageIds ids, std::string source);

  /// Takes the next detection's image. Throws Error naming `entry` for one that the data set does not have.
  void add(const ImageReference& reference, const std::string& entry);

  /// The images' indices in the store, in the order they were added. Throws Error if numbers are ambiguous.
  std::vector<int64_t> finish();

  /// The numbers by which they were found, in the same order; none for one that was found by a name.
  const std::vector<std::optional<int64_t>>& numbers() const { return numbers_; }

  /// A sentence on how they were found; empty if by the annotations' ids.
  const std::string& note() const { return note_; }

 private:
  int64_t by_name(const ImageReference& reference, const std::string& entry) const;
  int64_t by_own_id(const ImageReference& reference, const std::string& entry) const;
  int64_t by_name_where_ids_are_places(const ImageReference& reference, const std::string& entry) const;
  int64_t by_place(const ImageReference& reference, const std::string& entry) const;
  void take(int64_t index, std::optional<int64_t> number = {});
  int64_t known(int64_t index, const std::string& what, const std::string& entry) const;
  /// The same for a number in a file name; 0 is more likely a position.
  int64_t known_number(std::optional<int64_t> number, const std::string& what,
                       const std::string& entry) const;
  [[noreturn]] void refuse(const std::string& entry, const std::string& what) const;

  const data::AnnotationStore& store_;
  ImageIds ids_;
  std::string source_;
  ImageNames names_;
  std::vector<int64_t> found_;
  std::vector<std::optional<int64_t>> numbers_;
  std::vector<std::pair<size_t, int64_t>> open_;  ///< Detections with numbers that may be positions or names.
  std::string note_;
};

/// Categories that a file does not state as numbers.
struct CategoryTexts {
  /// For each detection, whether its category was found by name and is final. Empty if none was.
  std::vector<bool> by_name = {};
  /// The first text that is neither an id nor a class's name; empty if there is none.
  std::string unknown = {};
};

/// The id of the only class with that name.
std::optional<int64_t> category_of_name(const data::AnnotationStore& store, const std::string& name);

/// Converts the category ids of detections to those of the data set. Throws Error, beginning with `source`,
/// for ids out of range, if the annotations have none of the ids, and, with kByDataset, for ids that fit
/// positions rather than the annotations' ids.
void join_categories(std::vector<BoxDetection>& detections, const data::AnnotationStore& store,
                     CategoryIds ids, const std::string& source, const CategoryTexts& texts = {});

}  // namespace focus::eval
