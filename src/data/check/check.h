// Checks a data set: the tolerant counterpart of load_coco, and its report.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "data/annotations.h"
#include "data/dataset_reading.h"
#include "data/issue.h"

namespace focus::data {

struct CheckOptions {
  std::optional<std::filesystem::path> image_dir = {};  ///< Decode every image, if given.
  DatasetReading reading = {};
  size_t examples = 5;              ///< Issues of each kind to keep; all are counted.
  double near_duplicate_iou = 0.9;  ///< Boxes of one image that overlap more are reported.
  int64_t queries = 0;  ///< Of the planned model; images with more boxes are reported. 0: not known.
};

/// Counts of all issues and the first few of each kind.
class CheckReport {
 public:
  struct Finding {
    int64_t count = 0;
    std::vector<Issue> examples;
  };

  explicit CheckReport(size_t examples) : examples_(examples) {}

  void add(const Issue& issue);

  int64_t count(IssueKind kind) const;
  int64_t errors() const;
  int64_t warnings() const;
  const std::map<IssueKind, Finding>& findings() const { return findings_; }

  std::vector<std::string> notes;            ///< Facts that are not faults but should be known.
  std::vector<Category> categories;          ///< Usable entries.
  std::vector<std::filesystem::path> paths;  ///< Of the images, where their folder is known.
  int64_t images = 0;                        ///< Usable entries whose image, if it was checked, is usable.
  int64_t boxes = 0;                         ///< Of these images.

 private:
  size_t examples_;
  std::map<IssueKind, Finding> findings_;
};

/// Reads an annotation file and lists everything wrong with it: what load_coco refuses (errors), and what it
/// accepts but is likely a mistake (warnings): boxes without area or not inside their image, near duplicates,
/// names used twice. With `image_dir` also missing and undecodable images, and sizes that differ from the
/// stated ones. Throws Error if the annotation file or the folder is missing.
CheckReport check_dataset(const std::filesystem::path& annotations, const CheckOptions& options = {});

/// The same for a split of a data set of any format (dataset_layout.h), whose images are decoded:
/// `options.image_dir` is not read. Throws Error if there is no such split.
CheckReport check_split(const std::filesystem::path& dataset, const std::string& split,
                        const CheckOptions& options = {});

/// The findings as text: one line per kind, errors first, with examples below.
std::string findings_text(const CheckReport& report);

/// The report as text: findings, notes, and a line with counts.
std::string to_text(const CheckReport& report);

nlohmann::json to_json(const CheckReport& report);

}  // namespace focus::data
