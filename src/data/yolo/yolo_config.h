// The data.yaml of a YOLO data set: which images belong to which split, and the names of the classes.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "data/annotations.h"

namespace focus::data {

struct YoloConfig {
  std::filesystem::path file;
  std::string root;                  ///< The key `path`: where the data set is; empty if it is missing.
  std::vector<Category> categories;  ///< Ids count from 1 in the order of `names`, as in COCO files.
  /// For train, val and test: folders of images and text files that list images, as written in the file.
  std::map<std::string, std::vector<std::string>> splits;
  std::map<std::string, int> lines = {};  ///< The line of each split's key, counted from 1.
};

/// Reads the text of `file`. `valid` is read as `val`. Throws Error naming the file and the key: not YAML, no
/// names, names that are not numbered from 0, an `nc` that differs from the number of names, a split that is
/// neither text nor a list of texts, or a data set of keypoints, whose lines would be read as outlines.
YoloConfig parse_yolo_config(const std::string& text, const std::filesystem::path& file);

/// The same from disk; at most 1 MiB.
YoloConfig read_yolo_config(const std::filesystem::path& file);

/// What part of a YOLO data set a file is, regardless of its faults.
enum class YoloConfigKind {
  kNone,     ///< None: not a yaml file, or without class names.
  kNames,    ///< Only class names, as supervision writes it.
  kDataset,  ///< Class names, and the place of at least one split.
};

/// Never throws.
YoloConfigKind kind_of_yaml(const std::filesystem::path& file);

/// The class names in a yaml file. Throws Error as read_yolo_config does.
std::vector<std::string> read_yolo_names(const std::filesystem::path& file);

}  // namespace focus::data
