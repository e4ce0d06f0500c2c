// Data sets in YOLO's format: a data.yaml, folders of pictures, and a text file of labels for each picture.
// Format: https://docs.ultralytics.com/datasets/detect/
#pragma once

#include <filesystem>
#include <string>

#include "data/dataset_layout.h"

namespace focus::data {

/// True if the folder holds data.yaml or data.yml.
bool is_yolo_folder(const std::filesystem::path& dataset);

/// `dataset` is the folder or the yaml file.
bool has_yolo_split(const std::filesystem::path& dataset, const std::string& split);

/// See read_split. Pictures of a folder, and of those below it, come sorted by path; those of a list in its
/// order. A picture without a label file has no boxes. Sizes are read from the pictures, turned or as stored.
DatasetSplit read_yolo_split(const std::filesystem::path& dataset, const std::string& split,
                             Orientation measured, const IssueSink& report);

/// Where the labels of a picture are: the last folder named `images` becomes `labels`, or, if there is none,
/// beside the picture; the ending becomes .txt.
std::filesystem::path yolo_label_path(const std::filesystem::path& picture);

}  // namespace focus::data
