// Data sets in YOLO's format: a data.yaml, folders of images, and a text file of labels for each image.
// Format: https://docs.ultralytics.com/datasets/detect/
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "data/dataset_split.h"
#include "data/folder/image_pairs.h"

namespace focus::data {

/// True if the folder holds data.yaml, dataset.yaml (or .yml), or one file of another name that says the
/// same. Throws Error if there are several such files.
bool is_yolo_folder(const std::filesystem::path& dataset);

/// True for a path with the ending of a yaml file, which may stand for its data set.
bool is_yolo_file(const std::filesystem::path& path);

/// True if the folder's yaml file names classes but no split, so that folders must tell what is where.
bool names_classes_alone(const std::filesystem::path& dataset);

/// `dataset` is the folder or the yaml file.
bool has_yolo_split(const std::filesystem::path& dataset, const std::string& split);

/// True if the line of the split test leads nowhere while another split is there. Throws Error as above.
bool lacks_yolo_test(const std::filesystem::path& dataset);

/// See read_split. Images of a folder, and of those below it, come sorted by path; those of a list in its
/// order. An image without a label file has no boxes. Sizes are read from the images, turned or as stored.
DatasetSplit read_yolo_split(const std::filesystem::path& dataset, const std::string& split, const ReadAs& as,
                             const IssueSink& report);

/// The images of `pairs`, with what their label files say; files are named relative to `image_dir`.
DatasetSplit read_labelled_images(const std::vector<ImagePair>& pairs, std::vector<Category> categories,
                                  const std::filesystem::path& image_dir, images::Orientation measured,
                                  const IssueSink& report);

/// Where the labels of an image are: the last folder named `images` becomes `labels`, or, if there is none,
/// beside the image; the ending becomes .txt.
std::filesystem::path yolo_label_path(const std::filesystem::path& image);

}  // namespace focus::data
