// The formats of data sets, in one table. All code that reads, recognises or writes data sets, or lists the
// formats in messages, goes through it.
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

/// A format's own folder layout, and how to read data sets in it.
struct DatasetLayout {
  bool (*is_here)(const std::filesystem::path& folder);
  bool (*has_split)(const std::filesystem::path& folder, const std::string& split);
  DatasetSplit (*read)(const std::filesystem::path& folder, const std::string& split, const ReadAs& as,
                       const IssueSink& report);
  /// The one file that holds the annotations of a split; null where the entries name their files.
  std::filesystem::path (*annotation_file)(const std::filesystem::path& folder,
                                           const std::string& split) = nullptr;
  /// True for a file that can name a data set instead of its folder.
  bool (*is_dataset_file)(const std::filesystem::path& file) = nullptr;
  /// True for a layout that names classes but no splits, so that the folders have to tell where the files
  /// are.
  bool (*is_undivided)(const std::filesystem::path& folder) = nullptr;
  /// True if the split test is named but its images do not exist; that is an error only for callers that ask
  /// for it.
  bool (*lacks_test)(const std::filesystem::path& folder) = nullptr;
};

/// How a format divides annotations into files, outside of any layout.
enum class LooseKind {
  kSplitFiles,    ///< One file per split, which names its images.
  kClassNumbers,  ///< One file per image; classes are numbers.
  kNamedObjects,  ///< One file per image; objects name their classes.
};

/// A format's usual names of a folder of images and the folder of their annotations beside it.
struct UsualFolders {
  const char *images, *annotations;
};

/// The annotation files of a format wherever they lie (folder/loose_folder.h).
struct LooseAnnotations {
  LooseKind kind;
  std::vector<std::string> SurveyedFolder::*files;  ///< By their extension.
  const char* called;                               ///< What messages call them: "JSON", "labels".
  std::span<const UsualFolders> usual = {};
  /// True for a line of such a file. Only for text files, whose lines are all that tells formats apart;
  /// folder/annotation_kind.cpp does so for JSON and XML.
  bool (*is_line)(std::string_view line) = nullptr;
  ObjectReading (*reading)(const ReadAs& as) = nullptr;  ///< For kNamedObjects.
  bool unlabelled_are_empty = false;  ///< An image without a file has no objects; otherwise it is left out.
  bool classes_are_listed = true;     ///< A list of classes beside the files is used.
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
  bool any_split = true;  ///< Otherwise only train, val and test.
  /// Otherwise a class name has to fit on one line, and images are found by their extensions.
  bool any_name = false;
};

/// A format of data sets.
struct FormatEntry {
  DatasetFormat format;
  const char* option;  ///< As options name it: "coco".
  const char* name;    ///< In messages: "COCO".
  /// The orientation that boxes refer to where nothing else tells: images as stored for COCO, and images as
  /// the tools show them, upright, for the others.
  images::Orientation convention = images::Orientation::kUpright;
  bool has_image_ids = false;             ///< Otherwise image ids are positions in the split.
  const DatasetLayout* layout = nullptr;  ///< Null for a format without a layout of its own.
  LooseAnnotations loose;
  const DatasetWriter* writer = nullptr;  ///< Null for a format that cannot be written.
};

/// All formats, in the order in which they are looked for.
std::span<const FormatEntry> dataset_formats();

const FormatEntry& entry_of(DatasetFormat format);

/// The name of a format for messages: "COCO", "YOLO", "Pascal VOC", "KITTI", "labelme".
const char* name_of(DatasetFormat format);

/// The orientation that a format's boxes refer to where nothing else tells.
images::Orientation convention_of(DatasetFormat format);

/// "COCO's, YOLO's or KITTI's": the formats with a layout of their own, for messages and help.
std::string layout_formats();

/// The same for all formats.
std::string all_formats();

/// "COCO's JSON, YOLO's labels or labelme's JSON": annotation files that are recognised wherever they lie.
/// @param last the conjunction before the last of them
std::string annotation_kinds(const std::string& last);

/// The option values of the formats that can be written.
std::vector<std::string> writable_formats();

/// The format of one of these values. Throws UsageError, listing them, for any other.
DatasetFormat writable_format(const std::string& option);

}  // namespace focus::data
