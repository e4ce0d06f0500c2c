#include "data/folder/unknown_folder.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>

#include "base/human.h"
#include "data/folder/annotation_kind.h"
#include "data/folder/class_names.h"
#include "data/folder/split_lists.h"
#include "data/formats.h"

namespace focus::data {
namespace {

namespace fs = std::filesystem;

struct Counts {
  size_t images = 0, xml = 0, txt = 0, json = 0, csv = 0;
};

Counts counts_of(const FolderSurvey& survey) {
  Counts counts;
  for (const auto& folder : survey.folders) {
    counts.images += folder.images.size();
    counts.xml += folder.xml.size();
    counts.json += folder.json.size();
    counts.csv += folder.csv.size();
    for (const auto& name : folder.txt) counts.txt += !is_class_list_name(name) && !is_split_list_name(name);
  }
  return counts;
}

/// Describes the first file of a known kind that is not read.
std::string foreign_file(const FolderSurvey& survey) {
  constexpr size_t kMost = 64;
  size_t looked = 0;
  for (const auto& folder : survey.folders) {
    for (const auto* list : {&folder.json, &folder.xml}) {
      for (const auto& name : *list) {
        if (++looked > kMost) return {};
        const auto file = look_into(folder.path / name);
        if (!file.foreign.empty()) {
          return fmt::format("{} is {}",
                             in_quotes((folder.path / name).lexically_relative(survey.root).string()),
                             file.foreign);
        }
      }
    }
  }
  return {};
}

/// The folder with most files of a kind, relative to the root.
std::string largest(const FolderSurvey& survey, std::vector<std::string> SurveyedFolder::*list) {
  const SurveyedFolder* most = nullptr;
  for (const auto& folder : survey.folders) {
    if (!most || (folder.*list).size() > (most->*list).size()) most = &folder;
  }
  return most ? most->path.lexically_relative(survey.root).string() : ".";
}

std::string import_line(const FolderSurvey& survey, std::vector<std::string> SurveyedFolder::*annotations) {
  const auto below = [&](const std::string& folder) {
    return folder == "." ? survey.root.string() : (survey.root / folder).string();
  };
  return fmt::format("`focus-detr dataset import --images {} --annotations {} --out NEW`",
                     below(largest(survey, &SurveyedFolder::images)), below(largest(survey, annotations)));
}

/// The first file of a list, relative to the root; empty if there is none.
std::string first_of(const FolderSurvey& survey, std::vector<std::string> SurveyedFolder::*list) {
  for (const auto& folder : survey.folders) {
    const auto& names = folder.*list;
    if (!names.empty()) return (folder.path / names.front()).lexically_relative(survey.root).string();
  }
  return {};
}

std::string archive_in(const FolderSurvey& survey) { return first_of(survey, &SurveyedFolder::archives); }
std::string unread_in(const FolderSurvey& survey) { return first_of(survey, &SurveyedFolder::unread); }

std::string advice(const FolderSurvey& survey) {
  const Counts counts = counts_of(survey);
  if (const auto foreign = foreign_file(survey); !foreign.empty()) return foreign;
  if (const auto packed = archive_in(survey); counts.images == 0 && !packed.empty()) {
    return fmt::format("{} is an archive: unpack it and name the resulting folder", in_quotes(packed));
  }
  if (const auto unread = unread_in(survey); counts.images == 0 && !unread.empty()) {
    return fmt::format("images such as {} are of a kind that is not read; convert them to PNG or JPEG",
                       in_quotes(unread));
  }
  if (counts.images == 0 && counts.xml + counts.txt + counts.json > 0) {
    return "there may be annotations, but no images; if the images are elsewhere, use `focus-detr dataset "
           "import --images DIR --annotations DIR --out NEW`";
  }
  if (counts.images == 0) return "give the folder that holds the images and their annotations";
  if (counts.xml > 0) {
    return fmt::format(
        "the nearest format is Pascal VOC, but no xml file with <annotation> has an image's name; rename "
        "them, or give both folders: {}",
        import_line(survey, &SurveyedFolder::xml));
  }
  if (counts.txt > 0) {
    const auto images = largest(survey, &SurveyedFolder::images);
    return fmt::format(
        "the nearest format is YOLO, but no txt file with lines 'class x y width height' has an image's "
        "name; if the labels are where YOLO expects them, write data.yaml with the three lines 'train: {}', "
        "'val: {}' and 'names: [NAME, ...]', or give both folders: {}",
        images, images, import_line(survey, &SurveyedFolder::txt));
  }
  if (counts.csv > 0) {
    return "tables (csv) are not read; export them as COCO, YOLO or Pascal VOC where they come from";
  }
  if (counts.json > 0) {
    return fmt::format(
        "the nearest format is COCO, but no json file has the lists images, annotations and categories; {}",
        import_line(survey, &SurveyedFolder::json));
  }
  return "there are images, but no annotations; the simplest are YOLO's: for images/NAME.jpg a file "
         "labels/NAME.txt "
         "with a line 'class x y width height' per object, in fractions of the image, and classes.txt with "
         "one name per line";
}

}  // namespace

std::string describe_unknown_folder(const FolderSurvey& survey) {
  return fmt::format("no data set in {} format; seen: {}; {}", all_formats(), to_text(survey),
                     advice(survey));
}

}  // namespace focus::data
