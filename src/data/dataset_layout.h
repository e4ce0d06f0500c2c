// Finds and reads the splits of a data set in any of the known formats.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "data/formats.h"

namespace focus::data {

/// The format of a data set. Throws Error as read_split does.
DatasetFormat dataset_format(const std::filesystem::path& dataset);

/// True for a path that can name a data set, a folder or a .yaml file, as opposed to an annotation file.
bool is_dataset_path(const std::filesystem::path& path);

/// What the requested reading means for a format.
ReadAs read_as(DatasetFormat format, const DatasetReading& reading);

/// Decides in which orientation the images of a split that was read are used (settle_orientation.h).
void settle(DatasetSplit& split, DatasetFormat format, const DatasetReading& reading);

/// Reads a split of a folder (or of a YOLO data set's .yaml file). It looks for the layouts of the formats,
/// in the order of formats.h, then for the same in the only folder below that has one, then for annotations
/// of any format wherever they lie (loose_folder.h). Faults of entries are reported; if `report` returns,
/// these entries are left out. `settled` says whether the images can be read as requested. Throws Error for a
/// data set without such a split, or one whose layout is not recognised, saying what was found.
DatasetSplit read_split(const std::filesystem::path& dataset, const std::string& split,
                        const IssueSink& report, const DatasetReading& reading = {});

/// Receives notes about a data set that is being read, one line each.
using NoteSink = std::function<void(const std::string&)>;

/// Reads a split to be used: throws the first error, naming file and entry; images that cannot be read as
/// requested are an error, too. Of the warnings, those that is_said() selects are given to `say`, which by
/// default prints them to standard error.
std::shared_ptr<const AnnotationStore> load_split(const std::filesystem::path& dataset,
                                                  const std::string& split,
                                                  const DatasetReading& reading = {},
                                                  const NoteSink& say = {});

/// Which of the splits train, val and test exist. Throws Error if none of them does.
std::vector<std::string> splits_of(const std::filesystem::path& dataset);

bool has_split(const std::filesystem::path& dataset, const std::string& split);

}  // namespace focus::data
