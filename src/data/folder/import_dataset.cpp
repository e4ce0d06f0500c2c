#include "data/folder/import_dataset.h"

#include <set>
#include <vector>

#include "base/error.h"
#include "base/human.h"
#include "base/paths.h"
#include "base/signatures.h"
#include "data/coco/coco.h"
#include "data/folder/annotation_kind.h"
#include "data/folder/class_names.h"
#include "data/folder/folder_survey.h"
#include "data/folder/loose_folder.h"
#include "data/folder/split_name.h"
#include "data/folder/unknown_folder.h"
#include "data/text_file.h"
#include "data/unsized_images.h"

namespace focus::data {
namespace {

namespace fs = std::filesystem;

FolderSurvey survey_of(const fs::path& path, const char* what) {
  if (is_folder(path)) {
    auto survey = survey_folder(path);
    if (!survey.complete) fail("{}: more than {} files; give a folder below", path.string(), kMostSurveyed);
    return survey;
  }
  if (!is_file(path)) fail("{}: no such {}", path.string(), what);
  return survey_file(path);
}

LooseDataset find(const ImportOptions& options) {
  for (const auto& path : {options.images, options.annotations}) {
    const auto archive = archive_kind_of(path);
    if (!archive.empty()) fail("{}: is {}; unpack it and name the resulting folder", path.string(), archive);
  }
  if (!is_folder(options.images)) fail("{}: no such folder of images", options.images.string());
  const FolderSurvey images = survey_of(options.images, "folder of images");
  const FolderSurvey annotations = survey_of(options.annotations, "folder or file of annotations");
  if (auto found = find_loose_dataset(images, annotations)) return std::move(*found);
  const auto file = annotations.folders.empty() ? AnnotationFile() : look_into(options.annotations);
  if (!file.foreign.empty()) fail("{}: is {}", options.annotations.string(), file.foreign);
  fail(
      "{}: no annotations of the images in {}; images: {}; annotations: {}; supported: {}, and a file for "
      "one image must have the image's name",
      options.annotations.string(), options.images.string(), to_text(images), to_text(annotations),
      annotation_kinds("and"));
}

/// Removes entries whose image is missing, and finds images that no entry names.
class Present {
 public:
  explicit Present(const FolderSurvey& survey) {
    for (const auto& folder : survey.folders) {
      for (const auto& name : folder.images) unnamed_.insert((folder.path / name).lexically_normal());
    }
  }

  /// Leaves absent images out and counts them.
  void keep(DatasetSplit& split) {
    AnnotationEntries& entries = split.entries;
    std::vector<bool> absent(entries.images.size());
    for (size_t i = 0; i < entries.images.size(); ++i) {
      const fs::path path = (split.image_dir / entries.images[i].file_name).lexically_normal();
      absent[i] = !is_file(path);
      if (absent[i]) {
        if (absent_.empty()) absent_ = entries.images[i].file_name;
        ++absences_;
      } else {
        unnamed_.erase(path);
      }
    }
    leave_out(entries, absent);
  }

  int64_t absences() const { return absences_; }
  const std::string& absent() const { return absent_; }
  const std::set<fs::path>& unnamed() const { return unnamed_; }

 private:
  std::set<fs::path> unnamed_;  ///< Image files that no entry names.
  int64_t absences_ = 0;
  std::string absent_;  ///< The first of them.
};

}  // namespace

ImportSummary import_dataset(const ImportOptions& options, const fs::path& out, const NoteSink& say) {
  std::optional<ClassNames> names;
  if (!options.names.empty()) names = class_names_of(options.names);
  LooseDataset found = find(options);
  ImportSummary summary;
  summary.format = found.format;
  const auto& format = entry_of(found.format);
  const bool names_images = format.loose.kind == LooseKind::kSplitFiles;
  if (names && names_images) {
    fail_usage("--names is for labels with class numbers; {} names its classes itself",
               options.annotations.string());
  }
  if (!options.split.empty() && found.splits.size() > 1) {
    std::vector<std::string> known;
    for (const auto& [name, any] : found.splits) known.push_back(name);
    fail_usage("--split {}: folders and lists divide the images into {}; leave --split out", options.split,
               fmt::join(known, ", "));
  }
  std::set<std::string> said;
  Present present(found.images);
  std::vector<NamedSplit> splits;
  for (const auto& [name, place] : found.splits) {
    const ReadAs as = read_as(found.format, options.reading);
    auto read = read_loose_split(found, name, names, as, [&](const Issue& issue) {
      if (is_error(issue.kind)) {
        if (!place.file.empty()) fail_annotation_file(place.file, issue);
        fail("{}: {}; repair it", issue.entry, issue.text);
      }
      const auto note = fmt::format("{}: {}", issue.entry, issue.text);
      const bool worth = is_said(issue.kind) || issue.kind == IssueKind::kNoBox;
      if (worth && said.insert(note).second) say(note);
    });
    present.keep(read);
    settle(read, found.format, options.reading);
    measure_unsized(read.entries, read.image_dir, read.settled.orientation, [&](const Issue& issue) {
      if (is_error(issue.kind)) fail_annotation_file(place.file, issue);
    });
    require_readable(read.settled, options.annotations.string());
    if (!read.settled.note.empty() && said.insert(read.settled.note).second) say(read.settled.note);
    splits.push_back({options.split.empty() ? name : written_split_name(options.split),
                      std::make_shared<const AnnotationStore>(
                          std::move(read.entries), read.image_dir,
                          StoreMeaning{read.settled.orientation, read.settled.note, !format.has_image_ids})});
  }
  summary.annotations_without_image = found.annotations_alone + present.absences();
  summary.images_without_annotations = names_images ? std::ssize(present.unnamed()) : found.images_alone;
  if (present.absences() > 0) {
    say(fmt::format("{} of the images that {} names are not in {}, such as {}; they are left out",
                    present.absences(), options.annotations.string(), options.images.string(),
                    in_quotes(present.absent())));
  }
  if (names_images && !present.unnamed().empty()) {
    say(fmt::format("{} images in {} are in no annotation file, such as {}; they are left out",
                    present.unnamed().size(), options.images.string(),
                    in_quotes(present.unnamed().begin()->string())));
  }
  int64_t images = 0;
  for (const auto& split : splits) images += split.store->size();
  if (images == 0) {
    fail("{}: none of the images that the annotations name is in {}; nothing is written",
         options.annotations.string(), options.images.string());
  }
  summary.classes = std::ssize(splits.front().store->categories());
  ConvertOptions convert;
  convert.transfer = options.transfer;
  summary.written = write_splits(options.annotations, splits, out, convert);
  return summary;
}

}  // namespace focus::data
