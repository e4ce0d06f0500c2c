// Data sets in YOLO's format: a data.yaml, folders of images, and a text file of labels for each image.
// Format: https://docs.ultralytics.com/datasets/detect/
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "data/dataset_split.h"
#include "data/folder/image_pairs.h"

namespace focus::data {

/// True if the folder holds data.yaml, dataset.yaml (or .yml), or one file of another name with such content.
/// Throws Error if there are several such files.
bool is_yolo_folder(const std::filesystem::path& dataset);

/// True for a path with the extension of a yaml file, which can name its data set.
bool is_yolo_file(const std::filesystem::path& path);

/// True if the folder's yaml file names classes but no splits, so that the folders have to tell where the
/// files are.
bool names_classes_alone(const std::filesystem::path& dataset);

/// `dataset` is the folder or the yaml file.
bool has_yolo_split(const std::filesystem::path& dataset, const std::string& split);

/// True if the images of the split test do not exist while those of another split do. Throws Error as above.
bool lacks_yolo_test(const std::filesystem::path& dataset);

/// See read_split. Images of a folder, and of those below it, are sorted by path; those of a list keep its
/// order. An image without a label file has no boxes. Sizes are read from the images, upright or as stored.
DatasetSplit read_yolo_split(const std::filesystem::path& dataset, const std::string& split, const ReadAs& as,
                             const IssueSink& report);

/// The images of `pairs` with the boxes of their label files; file names are relative to `image_dir`.
DatasetSplit read_labelled_images(const std::vector<ImagePair>& pairs, std::vector<Category> categories,
                                  const std::filesystem::path& image_dir, images::Orientation measured,
                                  const IssueSink& report);

/// Where the labels of an image are: the last folder named `images` becomes `labels`, or, if there is none,
/// beside the image; the extension becomes .txt.
std::filesystem::path yolo_label_path(const std::filesystem::path& image);

}  // namespace focus::data
