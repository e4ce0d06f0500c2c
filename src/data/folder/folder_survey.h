// Lists the files in a folder of unknown layout by kind, without opening any.
#pragma once

#include <cstddef>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

namespace focus::data {

/// The files directly in one folder: sorted names, by their extensions.
struct SurveyedFolder {
  std::filesystem::path path;  ///< Begins with the survey's root as it was given.
  std::vector<std::string> images = {}, xml = {}, txt = {}, json = {}, yaml = {}, csv = {};
  std::vector<std::string> unread = {};    ///< Images of kinds that are not read, such as GIF.
  std::vector<std::string> archives = {};  ///< ZIP and the like, by their extensions.
};

struct FolderSurvey {
  std::filesystem::path root;
  std::vector<SurveyedFolder> folders;                 ///< Those with any such file, parents first, sorted.
  std::set<std::string> folder_names;                  ///< Of all folders below, and of broken links.
  std::vector<std::filesystem::path> unreadable;       ///< Folders that could not be read.
  std::vector<std::filesystem::path> dead_links = {};  ///< Broken links that may have led to folders.
  bool complete = true;                                ///< False if there are more than `most` entries.
};

/// Most entries a survey looks at: the largest public data sets have some two million images.
constexpr size_t kMostSurveyed = 3'000'000;

/// Surveys `root` and everything below. Links to folders are followed, but each folder is visited once, so
/// loops end. Hidden names, `__MACOSX` and `@eaDir` are skipped; broken links count as files. Never throws,
/// whatever is on the disk.
FolderSurvey survey_folder(const std::filesystem::path& root, size_t most = kMostSurveyed);

/// The same for one file, as if its folder held nothing else.
FolderSurvey survey_file(const std::filesystem::path& file);

/// The files of the survey in words, such as "images/ (12 images), labels/ (12 txt)"; at most `most` folders.
std::string to_text(const FolderSurvey& survey, size_t most = 6);

}  // namespace focus::data
