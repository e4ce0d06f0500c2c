// What lies in a folder of unknown layout: its files by kind, without opening any.
#pragma once

#include <cstddef>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

namespace focus::data {

/// The files directly in one folder: sorted names, by their endings.
struct SurveyedFolder {
  std::filesystem::path path;  ///< As the survey was asked for, with what lies below.
  std::vector<std::string> images = {}, xml = {}, txt = {}, json = {}, yaml = {}, csv = {};
  std::vector<std::string> unread = {};    ///< Images of kinds that are not read, such as GIF.
  std::vector<std::string> archives = {};  ///< ZIP and the like, by their endings.
};

struct FolderSurvey {
  std::filesystem::path root;
  std::vector<SurveyedFolder> folders;            ///< Those with any such file, parents first, sorted.
  std::set<std::string> folder_names;             ///< Of all folders below, and of links that lead nowhere.
  std::vector<std::filesystem::path> unreadable;  ///< Folders that could not be looked into.
  std::vector<std::filesystem::path> dead_links = {};  ///< That may have been folders: links to nothing.
  bool complete = true;                                ///< False if there is more than `most` entries.
};

/// Most entries a survey looks at: the largest public data sets have some two million images.
constexpr size_t kMostSurveyed = 3'000'000;

/// Looks at `root` and all below. Links to folders are followed, each folder once, so loops end. Hidden
/// names,
/// `__MACOSX` and `@eaDir` are skipped; links that lead nowhere are files. Never throws for what is on the
/// disk.
FolderSurvey survey_folder(const std::filesystem::path& root, size_t most = kMostSurveyed);

/// The same of one file, as if nothing else lay in its folder.
FolderSurvey survey_file(const std::filesystem::path& file);

/// The files of the survey in words, such as "images/ (12 images), labels/ (12 txt)"; at most `most` folders.
std::string to_text(const FolderSurvey& survey, size_t most = 6);

}  // namespace focus::data
