// What the paths in YOLO's own files mean here: they may have been written on Windows or for another machine.
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

/// What a path leads to, and whether it was read otherwise than it is written.
struct YoloPath {
  std::filesystem::path path;
  bool otherwise = false;
};

/// The folder of a data.yaml.
std::filesystem::path folder_of(const YoloConfig& config);

/// What a split names: as it is written, below `path` or beside the file; or with Windows' separators read as
/// such; or without its first folders, as few as possible, none of which is here or speaks of a split that
/// the rest does not. Nothing if there is none, or if another name leads to the same place only by such a
/// guess.
std::optional<YoloPath> find_yolo_source(const YoloConfig& config, const std::string& source);

/// True if the file names the split test, all that it names is not there, and train or val is: templates
/// leave that line.
bool names_absent_test(const YoloConfig& config);

/// The lines of one list that are read otherwise than they are written, until it is known that no two lead to
/// one image.
class GuessedLines {
 public:
  /// `at` is the place of the line in the list, `path` the image that it may mean.
  void add(size_t at, const std::string& line, const std::filesystem::path& path);

  /// Puts the images into `paths`, whose other entries are as they are written, and says so once.
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
