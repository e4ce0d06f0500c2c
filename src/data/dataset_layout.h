// Where a data set keeps the annotations and images of its splits, whichever of the known formats it has.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "data/formats.h"

namespace focus::data {

/// What a folder holds. Throws Error as read_split.
DatasetFormat dataset_format(const std::filesystem::path& dataset);

/// True for what a data set may be named by, a folder or a .yaml file, as opposed to an annotation file.
bool is_dataset_path(const std::filesystem::path& path);

/// What a wish means for a format.
ReadAs read_as(DatasetFormat format, const DatasetReading& reading);

/// Settles how the images of what was read so are to be turned.
void settle(DatasetSplit& split, DatasetFormat format, const DatasetReading& reading);

/// Reads a split of a folder (or of a YOLO data set's .yaml file). Looked for are, in the order of formats.h, the
/// layouts of the formats, the same in the only folder below that has one, and annotations of any of the formats
/// wherever they lie (loose_folder.h). What is wrong with entries is given to `report`; if that returns, they are left out. Whether its images can
/// be read as wanted is in `settled`. Throws Error for a data set without such a split, or one whose layout
/// cannot be made out, saying what was seen.
DatasetSplit read_split(const std::filesystem::path& dataset, const std::string& split,
                        const IssueSink& report, const DatasetReading& reading = {});

/// Where what is said of a data set on the way goes, a line each.
using NoteSink = std::function<void(const std::string&)>;

/// The same for use: the first error is thrown, naming file and entry, and images that cannot be read as
/// wanted are one. Warnings pass; those that change what the data set is (is_said) are given to `say`, by
/// default to stderr.
std::shared_ptr<const AnnotationStore> load_split(const std::filesystem::path& dataset,
                                                  const std::string& split,
                                                  const DatasetReading& reading = {},
                                                  const NoteSink& say = {});

/// Which of the splits train, val and test there are. Throws Error if there is none of them.
std::vector<std::string> splits_of(const std::filesystem::path& dataset);

bool has_split(const std::filesystem::path& dataset, const std::string& split);

}  // namespace focus::data
