// The formats of data sets: one table, an entry each. Whoever reads, recognises or writes data sets, and whoever
// lists the formats for people, goes through it.
#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "data/dataset_split.h"
#include "data/folder/folder_survey.h"
#include "data/folder/named_objects.h"
#include "data/written_boxes.h"

namespace focus::data {

enum class DatasetFormat { kCoco, kYolo, kVoc, kKitti, kLabelme };

/// How the data sets of a format lie in a folder of their own layout.
struct DatasetLayout {
  bool (*is_here)(const std::filesystem::path& folder);
  bool (*has_split)(const std::filesystem::path& folder, const std::string& split);
  DatasetSplit (*read)(const std::filesystem::path& folder, const std::string& split, const ReadAs& as,
                       const IssueSink& report);
  /// The one file that holds the annotations of a split; null where the entries name theirs.
  std::filesystem::path (*annotation_file)(const std::filesystem::path& folder,
                                           const std::string& split) = nullptr;
  /// True for a file that a data set may be named by instead of its folder.
  bool (*is_dataset_file)(const std::filesystem::path& file) = nullptr;
  /// True for a layout that names classes but no split, so that folders have to tell what is where.
  bool (*is_undivided)(const std::filesystem::path& folder) = nullptr;
  /// True if the split test is named and its images are not there; only whoever asks for it misses them.
  bool (*lacks_test)(const std::filesystem::path& folder) = nullptr;
};

/// What the annotation files of a format are when they lie outside of any layout.
enum class LooseKind {
  kSplitFiles,    ///< One file for a split, which names its images.
  kClassNumbers,  ///< One file for an image; classes are numbers.
  kNamedObjects,  ///< One file for an image; objects name their classes.
};

/// A folder of images and the folder of their annotations beside it, by a format's own rules.
struct UsualFolders {
  const char *images, *annotations;
};

/// The annotation files of a format wherever they lie (folder/loose_folder.h).
struct LooseAnnotations {
  LooseKind kind;
  std::vector<std::string> SurveyedFolder::*files;  ///< By their ending.
  const char* called;                               ///< "JSON", "labels": what they are, for people.
  std::span<const UsualFolders> usual = {};
  /// True for a line of such a file; for formats of text files, which their lines alone tell apart. How JSON and
  /// XML are told is in folder/annotation_kind.cpp.
  bool (*is_line)(std::string_view line) = nullptr;
  ObjectReading (*reading)(const ReadAs& as) = nullptr;  ///< For kNamedObjects.
  bool unlabelled_are_empty = false;  ///< An image without a file has no objects; else it is left out.
  bool classes_are_listed = true;     ///< A list of classes beside the files counts.
};

/// How data sets of a format are written, split by split, into a new folder.
struct DatasetWriter {
  std::filesystem::path (*image_folder)(const std::filesystem::path& folder, const std::string& split);
  /// Writes the annotations of a split whose image i is named names[i] in its folder of images.
  void (*write_split)(const std::filesystem::path& folder, const std::string& split,
                      const AnnotationStore& store, const std::vector<std::string>& names,
                      WrittenBoxes& boxes);
  /// Writes what all splits share, at the end; null if there is nothing.
  void (*finish)(const std::filesystem::path& folder, const std::vector<std::string>& splits,
                 const std::vector<Category>& categories) = nullptr;
  bool any_split = true;  ///< Else train, val and test alone.
  /// Else names of classes stand in a line, and images are found by their endings.
  bool any_name = false;
};

/// A format of data sets.
struct FormatEntry {
  DatasetFormat format;
  const char* option;  ///< As options name it: "coco".
  const char* name;    ///< For people: "COCO".
  /// How boxes are measured where nothing else tells: COCO's refer to images as stored, those of others to images
  /// as their tools show them, upright.
  images::Orientation convention = images::Orientation::kUpright;
  bool has_image_ids = false;             ///< Else ids of images are their places in the split.
  const DatasetLayout* layout = nullptr;  ///< Null for annotations in no layout of their own.
  LooseAnnotations loose;
  const DatasetWriter* writer = nullptr;  ///< Null for a format that is only read.
};

/// All of them, in the order in which they are looked for.
std::span<const FormatEntry> dataset_formats();

const FormatEntry& entry_of(DatasetFormat format);

/// The name of a format for people: "COCO", "YOLO", "Pascal VOC", "KITTI", "labelme".
const char* name_of(DatasetFormat format);

/// How boxes are measured in a format where nothing else tells.
images::Orientation convention_of(DatasetFormat format);

/// "COCO's, YOLO's or KITTI's": the formats with a layout of their own, for messages and help.
std::string layout_formats();

/// The same of all formats.
std::string all_formats();

/// "COCO's JSON, YOLO's labels or labelme's JSON": annotation files that are recognised wherever they lie.
/// @param last the word before the last of them
std::string annotation_kinds(const std::string& last);

/// What options name the formats that are written by.
std::vector<std::string> writable_formats();

/// The format of one of these names. Throws UsageError, naming them, for any other.
DatasetFormat writable_format(const std::string& option);

}  // namespace focus::data
