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
  std::string root;  ///< The key `path`: where the data set lies; empty if the file does not say.
  std::vector<Category> categories;  ///< Ids are 1 and up in the order of `names`, as COCO files count.
  /// For train, val and test: folders of images and text files that list images, as written in the file.
  std::map<std::string, std::vector<std::string>> splits;
  std::map<std::string, int> lines = {};  ///< The line of the file, counted from 1, that says it of a split.
};

/// Reads the text of `file`. `valid` is taken for `val`. Throws Error naming the file and the key: not YAML,
/// no names, names that do not count from 0, another `nc` than there are names, a split that is neither text
/// nor a list of texts, or a data set of keypoints, whose lines would be taken for outlines.
YoloConfig parse_yolo_config(const std::string& text, const std::filesystem::path& file);

/// The same from disk; at most 1 MiB.
YoloConfig read_yolo_config(const std::filesystem::path& file);

/// What a file is to a YOLO data set, whatever may be wrong with it.
enum class YoloConfigKind {
  kNone,     ///< Nothing: no yaml, or without names of classes.
  kNames,    ///< Names of classes alone, as supervision writes it.
  kDataset,  ///< Names, and where at least one split is.
};

/// Never throws.
YoloConfigKind kind_of_yaml(const std::filesystem::path& file);

/// The names in a yaml file. Throws Error as read_yolo_config.
std::vector<std::string> read_yolo_names(const std::filesystem::path& file);

}  // namespace focus::data
