// Data sets in the layout of KITTI's object detection: training/image_2 with the images, training/label_2 with a text
// file for each, and perhaps ImageSets/SPLIT.txt with the names of a split.
// Format: readme.txt of the development kit, https://www.cvlibs.net/datasets/kitti/eval_object.php
#pragma once

#include <filesystem>
#include <string>

#include "data/dataset_split.h"

namespace focus::data {

/// True if the folder, or a folder in it, has label_2/ and image_2/.
bool is_kitti_folder(const std::filesystem::path& dataset);

/// A split is what ImageSets/SPLIT.txt lists of training/ (the split test: of testing/, if that has labels),
/// or, where no list divides it, a folder named after the split. A single folder with another name is train;
/// trainval.txt is train if there is neither train.txt nor val.txt.
bool has_kitti_split(const std::filesystem::path& dataset, const std::string& split);

/// See read_split. Classes are the lines of labels.txt or classes.txt, or else the types in all label files,
/// sorted: the same for every split; ids count from 1. Sizes are read from the images, which have the names
/// of the label files and any supported extension. Throws Error if there is no such split, or if two folders
/// are named after it.
DatasetSplit read_kitti_split(const std::filesystem::path& dataset, const std::string& split,
                              const ReadAs& as, const IssueSink& report);

}  // namespace focus::data
