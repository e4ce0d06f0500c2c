#include "data/dataset_layout.h"

#include <algorithm>
#include <set>

#include "base/console.h"
#include "base/error.h"
#include "base/human.h"
#include "base/paths.h"
#include "base/signatures.h"
#include "data/check/emptiness.h"
#include "data/coco/coco.h"
#include "data/folder/folder_survey.h"
#include "data/folder/loose_folder.h"
#include "data/folder/unknown_folder.h"
#include "data/text_file.h"
#include "data/unsized_images.h"

namespace focus::data {
namespace {

namespace fs = std::filesystem;

/// A data set that was found, perhaps in a folder below the one that was named.
struct Located {
  fs::path folder;
  DatasetFormat format;
  std::shared_ptr<const LooseDataset> loose = {};  ///< For annotations outside of any layout.

  const DatasetLayout& layout() const { return *entry_of(format).layout; }

  bool has(const std::string& split) const {
    return loose ? loose->splits.contains(split) : layout().has_split(folder, split);
  }

  DatasetSplit read(const std::string& split, const ReadAs& as, const IssueSink& report) const {
    if (!loose) return layout().read(folder, split, as, report);
    report_unnamed_images(*loose, split, report);
    return read_loose_split(*loose, split, {}, as, report);
  }

  /// The file to name in messages about a split's entries; empty if the entries name theirs.
  fs::path file(const std::string& split) const {
    if (!loose) {
      return layout().annotation_file ? layout().annotation_file(folder, split) : fs::path();
    }
    const auto found = loose->splits.find(split);
    return found == loose->splits.end() ? fs::path() : found->second.file;
  }
};

Located located_loose(const fs::path& folder, LooseDataset loose) {
  const DatasetFormat format = loose.format;
  return {folder, format, std::make_shared<const LooseDataset>(std::move(loose))};
}

/// The first format whose layout a folder has; null if it has none.
const FormatEntry* layout_in(const fs::path& folder) {
  for (const auto& entry : dataset_formats()) {
    if (entry.layout && entry.layout->is_here(folder)) return &entry;
  }
  return nullptr;
}

// Archives often unpack into a folder of their own: finds the data set nearest below, and fails if several
// are equally near.
std::optional<Located> locate_below(const fs::path& dataset, const FolderSurvey& survey) {
  constexpr std::ptrdiff_t kDeepest = 3;
  // The survey omits folders without files, but such a folder may be the one with the layout.
  std::vector<std::vector<fs::path>> levels(kDeepest + 1);
  for (const auto& folder : survey.folders) {
    fs::path path = dataset;
    std::ptrdiff_t depth = 0;
    for (const auto& part : folder.path.lexically_relative(dataset)) {
      if (part == "." || ++depth > kDeepest) break;
      path /= part;
      auto& level = levels[static_cast<size_t>(depth)];
      if (level.empty() || level.back() != path) level.push_back(path);
    }
  }
  for (const auto& level : levels) {
    std::vector<Located> found;
    for (const auto& folder : level) {
      if (const auto* entry = layout_in(folder)) found.push_back({folder, entry->format});
    }
    if (found.size() > 1) {
      fail("{}: holds several data sets, such as {} and {}; name one of these folders", dataset.string(),
           found[0].folder.string(), found[1].folder.string());
    }
    if (found.size() == 1) return found.front();
  }
  return {};
}

// Says what was named instead of a folder.
[[noreturn]] void fail_no_folder(const fs::path& dataset) {
  const std::string give = fmt::format("give the folder of a data set in {} format", layout_formats());
  if (const auto archive = archive_kind_of(dataset); !archive.empty()) {
    fail("{}: is {}; unpack it and name the resulting folder", dataset.string(), archive);
  }
  if (is_file(dataset)) {
    fail(
        "{}: is a file; {}, or make one from it: `focus-detr dataset import --images DIR --annotations {} "
        "--out NEW`",
        dataset.string(), give, dataset.string());
  }
  fail("{}: {}; {}", dataset.string(), why_not_there(dataset, "no such folder"), give);
}

Located locate(const fs::path& dataset) {
  if (!is_folder(dataset)) {
    for (const auto& entry : dataset_formats()) {
      const auto* layout = entry.layout;
      if (is_file(dataset) && layout && layout->is_dataset_file && layout->is_dataset_file(dataset)) {
        return {dataset, entry.format};
      }
    }
    fail_no_folder(dataset);
  }
  if (const auto* entry = layout_in(dataset)) {
    const bool undivided = entry->layout->is_undivided && entry->layout->is_undivided(dataset);
    auto loose = undivided ? find_loose_dataset(survey_folder(dataset)) : std::nullopt;
    if (loose && loose->format == entry->format) return located_loose(dataset, std::move(*loose));
    return {dataset, entry->format};
  }
  const FolderSurvey survey = survey_folder(dataset);
  const auto below = locate_below(dataset, survey);
  auto loose = find_loose_dataset(survey);
  if (below && loose) {
    const auto outside = loose_place(*loose).lexically_relative(below->folder);
    if (outside.empty() || outside.string().starts_with("..")) {
      fail(
          "{}: {} is a data set of its own, but there are {} annotations outside of it, too; name the "
          "folder of one of them",
          dataset.string(), below->folder.string(), name_of(loose->format));
    }
  }
  if (below) return *below;
  if (loose) return located_loose(dataset, std::move(*loose));
  fail("{}: {}", dataset.string(), describe_unknown_folder(survey));
}

// The command that lists every fault; the loader stops at the first.
std::string command_to_check(const fs::path& dataset, const std::string& split) {
  return fmt::format("focus-detr dataset check {} --split {}", dataset.string(), split);
}

// Some layouts call it "valid"; callers may, too.
bool has_split_in(const Located& located, const std::string& split) {
  return located.has(split) || (split == "valid" && located.has("val"));
}

std::vector<std::string> splits_in(const Located& located) {
  std::vector<std::string> found;
  // YOLO's templates of data.yaml name test images that often do not exist; they matter only when asked for.
  const bool no_test = !located.loose && located.layout().lacks_test && located.has("test") &&
                       located.layout().lacks_test(located.folder);
  for (const char* split : {"train", "val", "test"}) {
    if (located.has(split) && !(no_test && std::string_view(split) == "test")) found.emplace_back(split);
  }
  return found;
}

// For a data set with a single split, the error also says how to divide it.
void check_split(const Located& located, const fs::path& dataset, const std::string& split) {
  if (has_split_in(located, split)) return;
  const auto found = splits_in(located);
  if (found.size() != 1) return;  // The reader says what it looked for.
  fail("{}: no split {}, only {}; divide it with `focus-detr dataset split {} --out NEW`, or name that one",
       dataset.string(), in_quotes(split), in_quotes(found[0]), dataset.string());
}

DatasetSplit read_located(const Located& located, const std::string& split, const DatasetReading& reading,
                          const IssueSink& report) {
  std::set<IssueKind> kinds;
  const IssueSink noting = [&](const Issue& issue) {
    kinds.insert(issue.kind);
    report(issue);
  };
  DatasetSplit read = located.read(split, read_as(located.format, reading), noting);
  settle(read, located.format, reading);
  measure_unsized(read.entries, read.image_dir, read.settled.orientation, noting);
  const bool faulty = std::any_of(kinds.begin(), kinds.end(), is_error);
  if (!faulty && !kinds.contains(IssueKind::kNoLabels)) {
    const fs::path file = located.file(split);
    report_emptiness(read.entries, file.empty() ? fmt::format("split '{}'", split) : "the file", noting);
  }
  return read;
}

}  // namespace

DatasetFormat dataset_format(const fs::path& dataset) { return locate(dataset).format; }

bool is_dataset_path(const fs::path& path) {
  const auto formats = dataset_formats();
  return is_folder(path) || std::any_of(formats.begin(), formats.end(), [&](const FormatEntry& entry) {
           return entry.layout && entry.layout->is_dataset_file && entry.layout->is_dataset_file(path);
         });
}

ReadAs read_as(DatasetFormat format, const DatasetReading& reading) {
  return {measured_orientation({reading.images, convention_of(format)}), reading.voc_corners};
}

void settle(DatasetSplit& split, DatasetFormat format, const DatasetReading& reading) {
  const OrientationRequest request{reading.images, convention_of(format), split.sizes_stated};
  split.settled = settle_orientation(split.entries, split.image_dir, request);
}

DatasetSplit read_split(const fs::path& dataset, const std::string& split, const IssueSink& report,
                        const DatasetReading& reading) {
  const Located located = locate(dataset);
  check_split(located, dataset, split);
  return read_located(located, split, reading, report);
}

std::shared_ptr<const AnnotationStore> load_split(const fs::path& dataset, const std::string& split,
                                                  const DatasetReading& reading, const NoteSink& say) {
  const Located located = locate(dataset);
  check_split(located, dataset, split);
  const fs::path file = located.file(split);
  DatasetSplit read = read_located(located, split, reading, [&](const Issue& issue) {
    if (is_error(issue.kind)) {
      if (!file.empty()) fail_annotation_file(file, issue);
      fail("{}: {}; repair it (`{}` lists all that is wrong)", issue.entry, issue.text,
           command_to_check(dataset, split));
    }
    if (!is_said(issue.kind)) return;
    // An entry that is a path needs no other path in front.
    const bool placed = issue.entry.find('/') != std::string::npos || issue.entry == dataset.string();
    const auto note =
        placed ? fmt::format("{}: {}", issue.entry, issue.text)
               : fmt::format("{}: {} {}", (file.empty() ? dataset : file).string(), issue.entry, issue.text);
    if (say) return say(note);
    print_note("note: {}", note);
  });
  require_readable(read.settled,
                   file.empty() ? fmt::format("{}, split '{}'", dataset.string(), split) : file.string());
  const bool ids_are_places = !entry_of(located.format).has_image_ids;
  return std::make_shared<const AnnotationStore>(
      std::move(read.entries), std::move(read.image_dir),
      StoreMeaning{read.settled.orientation, read.settled.note, ids_are_places});
}

bool has_split(const fs::path& dataset, const std::string& split) {
  return has_split_in(locate(dataset), split);
}

std::vector<std::string> splits_of(const fs::path& dataset) {
  auto found = splits_in(locate(dataset));
  if (found.empty()) fail("{}: has none of the splits train, val and test; name another", dataset.string());
  return found;
}

}  // namespace focus::data
