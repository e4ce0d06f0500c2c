// Finds the images of annotation files by names without extensions, in a folder beside the annotations.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "data/check/alike_files.h"
#include "data/issue.h"

namespace focus::data {

class AnnotatedImages {
 public:
  /// @param when_ambiguous what messages tell users to do where two images fit
  AnnotatedImages(std::filesystem::path annotations, std::filesystem::path images,
                  std::string when_ambiguous);

  /// The image of an annotation file: the one with its name, in the same relative folder, or else the one it
  /// states, or one whose name differs only in percent-encoding and that has no annotation of its own. If
  /// there is none, or several, that is reported.
  std::optional<std::filesystem::path> find(const std::filesystem::path& annotation,
                                            const std::string& stated, const IssueSink& report);

  /// Reports, once, the annotation files whose images' names differ in percent-encoding.
  void report_encoded(const IssueSink& report) const;

 private:
  struct Folder {
    std::map<std::string, std::vector<std::string>> read, decoded;
    std::map<std::string, std::string> unread;
  };

  std::optional<std::string> find_name(const std::string& name, const std::string& stated, Issue& fault);
  const Folder& look_into(const std::filesystem::path& path);

  std::filesystem::path annotations_, images_;
  std::string when_ambiguous_;
  AlikeFiles alike_;
  std::map<std::filesystem::path, Folder> folders_;
  std::vector<std::filesystem::path> encoded_;
};

}  // namespace focus::data
