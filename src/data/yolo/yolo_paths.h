// Resolves the paths in YOLO's own files, which may have been written on Windows or for another machine.
#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "data/issue.h"
#include "data/yolo/yolo_config.h"

namespace focus::data {

/// What a path leads to, and whether it had to be read differently from what is written.
struct YoloPath {
  std::filesystem::path path;
  bool otherwise = false;
};

/// The folder of a data.yaml.
std::filesystem::path folder_of(const YoloConfig& config);

/// Finds what a split names: as it is written, below `path` or beside the file; or with Windows separators
/// converted; or without its first folders, as few as possible, provided that these do not exist here and do
/// not name a split that the rest does not name. Nothing if it does not exist, or if it is found by such a
/// guess and another source leads to the same place.
std::optional<YoloPath> find_yolo_source(const YoloConfig& config, const std::string& source);

/// True if the file names a split test of which nothing exists, while train or val does, as when the line is
/// left over from a template.
bool names_absent_test(const YoloConfig& config);

/// Collects the lines of a list that have to be read differently from what is written, until it is known that
/// no two different ones lead to the same image.
class GuessedLines {
 public:
  /// `at` is the index of the line's image in the paths, `path` the image that the line may mean.
  void add(size_t at, const std::string& line, const std::filesystem::path& path);

  /// Puts the images into `paths`, whose other entries are as written, and reports that once.
  void settle(std::vector<std::filesystem::path>& paths, const std::filesystem::path& list,
              const IssueSink& report) const;

 private:
  struct Line {
    size_t at;
    std::string text;
  };
  std::map<std::filesystem::path, std::vector<Line>> lines_;
};

/// The image below one of `folders` that a line of a list means, read as find_yolo_source reads a path, or
/// with "%20" and the like decoded. Nothing if there is none.
std::optional<std::filesystem::path> guess_line(const std::vector<std::filesystem::path>& folders,
                                                const std::string& line);

}  // namespace focus::data
