// Where a data set keeps the annotations and pictures of its splits, whichever of the known formats it has.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "data/annotations.h"
#include "data/dataset_reading.h"
#include "data/issue.h"
#include "data/settle_orientation.h"

namespace focus::data {

enum class DatasetFormat { kCoco, kYolo, kVoc };

/// What a folder holds: COCO (data/coco_folder.h), YOLO (data.yaml; the path may also be that
/// of a .yaml file), Pascal VOC (Annotations/ and ImageSets/Main/, or folders VOC2007, ... with these).
/// Looked for in this order. Throws Error naming what was looked for.
DatasetFormat dataset_format(const std::filesystem::path& dataset);

/// True for what a data set may be named by, a folder or a .yaml file, as opposed to an annotation file.
bool is_dataset_path(const std::filesystem::path& path);

/// One split of a data set.
struct DatasetSplit {
  AnnotationEntries entries;
  std::filesystem::path image_dir;
  bool sizes_stated = true;         ///< By the annotations; else they are those of the pictures.
  SettledOrientation settled = {};  ///< How pictures are read; read_split fills it.
};

/// Reads a split. What is wrong with its entries is given to `report`; if that returns, they are left out.
/// Whether its pictures can be read as wanted is in `settled`. Throws Error for a data set without such a
/// split, or one whose layout cannot be made out.
DatasetSplit read_split(const std::filesystem::path& dataset, const std::string& split,
                        const IssueSink& report, const DatasetReading& reading = {});

/// The same for use: the first error is thrown, naming file and entry, and pictures that cannot be read as
/// wanted are one. Warnings pass.
std::shared_ptr<const AnnotationStore> load_split(const std::filesystem::path& dataset,
                                                  const std::string& split,
                                                  const DatasetReading& reading = {});

/// How boxes are measured in a format where nothing else tells: COCO's refer to pictures as stored, those of
/// YOLO and Pascal VOC to pictures as its tools show them, upright.
Orientation convention_of(DatasetFormat format);

/// Which of the splits train, val and test there are. Throws Error if there is none of them.
std::vector<std::string> splits_of(const std::filesystem::path& dataset);

}  // namespace focus::data
