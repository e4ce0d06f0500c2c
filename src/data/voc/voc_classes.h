// The classes of a data set whose annotations name them, such as Pascal VOC's, which lists them nowhere.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "data/annotations.h"
#include "data/issue.h"
#include "data/voc/voc_annotation.h"

namespace focus::data {

class VocClasses {
 public:
  /// Reads labels.txt or classes.txt (one name per line) in `root`, or else all annotations in and below
  /// `folders`. Throws Error if a list is empty or has a name twice.
  VocClasses(const std::filesystem::path& root, const std::vector<std::filesystem::path>& folders);

  /// The given classes, from the file `source`.
  VocClasses(const std::vector<std::string>& names, std::filesystem::path source);

  /// The names in annotation files, sorted. `source` names their origin in messages.
  VocClasses(const std::vector<std::filesystem::path>& files, const ObjectReader& read,
             std::filesystem::path source);

  /// Ids count from 1.
  const std::vector<Category>& categories() const { return categories_; }
  /// The index of a class; -1 for a name that is not listed.
  int64_t label_of(const std::string& name) const;
  /// Where the names come from.
  const std::filesystem::path& source() const { return source_; }
  /// Annotations that could not be read, and why; they might have named more classes.
  const std::map<std::filesystem::path, Issue>& unreadable() const { return unreadable_; }

 private:
  void read_list();
  void read_annotations(const std::vector<std::filesystem::path>& files, const ObjectReader& read);
  void set_names(const std::vector<std::string>& names);

  std::filesystem::path source_;
  std::vector<Category> categories_;
  std::map<std::string, int64_t> labels_;
  std::map<std::filesystem::path, Issue> unreadable_;
};

}  // namespace focus::data
