#include "data/check/check.h"

#include <algorithm>
#include <set>
#include <unordered_set>

#include "base/error.h"
#include "base/for_each_index.h"
#include "base/human.h"
#include "base/paths.h"
#include "data/box_edges.h"
#include "data/check/alike_files.h"
#include "data/check/crowding.h"
#include "data/check/emptiness.h"
#include "data/coco/coco.h"
#include "data/coco/coco_images.h"
#include "data/dataset_layout.h"
#include "data/folder/folder_survey.h"
#include "data/folder/found_images.h"
#include "data/folder/name_forms.h"
#include "data/image_store.h"
#include "data/unsized_images.h"

namespace focus::data {
namespace {

std::string name_of(const Annotation& box, const ImageRecord& image, const DatasetIds& ids) {
  return fmt::format("annotation {} (image {})", ids.annotations.shown(box.id), image.file_name);
}

void check_box(const Annotation& box, const ImageRecord& image, const DatasetIds& ids,
               const IssueSink& report) {
  const auto width = static_cast<double>(image.size.width), height = static_cast<double>(image.size.height);
  const auto shown = fmt::format("box {}, {}, {} x {}", box.x, box.y, box.width, box.height);
  const bool empty = box.width == 0 || box.height == 0;
  if (empty) {
    report({IssueKind::kZeroArea, name_of(box, image, ids),
            fmt::format("{} has no area; training leaves it out", shown)});
  }
  const Annotation inside = inside_image(box, image.size);
  if (!empty && !(inside.width > 0 && inside.height > 0)) {
    return report({IssueKind::kNoneInside, name_of(box, image, ids),
                   fmt::format("{} lies entirely outside of its image of {} x {}; training leaves it out",
                               shown, width, height)});
  }
  // Rounded corners of real annotations are off by up to half a pixel.
  constexpr double kSlack = 0.5;
  if (box.x < -kSlack || box.y < -kSlack || box.x + box.width > width + kSlack ||
      box.y + box.height > height + kSlack) {
    report({IssueKind::kOutsideImage, name_of(box, image, ids),
            fmt::format("{} extends beyond its image of {} x {}; training {}", shown, width, height,
                        empty ? "leaves it out" : "clips it")});
  }
}

void check_crowding(const std::vector<Annotation>& boxes, const ImageRecord& image, const EntryIds& ids,
                    int64_t queries, const IssueSink& report) {
  const int64_t count = queries > 0 ? learnable_count(boxes, image.size) : 0;
  if (count <= queries) return;
  report({IssueKind::kCrowded, fmt::format("image {} ({})", ids.shown(image.id), image.file_name),
          fmt::format("{} boxes, but a model with {} queries cannot find more than that; set "
                      "model.transformer.queries={} or more",
                      count, queries, count)});
}

void check_pairs(const std::vector<Annotation>& boxes, const ImageRecord& image, const DatasetIds& ids,
                 double limit, const IssueSink& report) {
  // Boxes with an IoU above the limit have left sides this close, so crowded images stay cheap. One report
  // per box, so that many copies of one box stay cheap, too.
  std::vector<const Annotation*> sorted;
  for (const auto& box : boxes) {
    if (!box.crowd) sorted.push_back(&box);
  }
  std::stable_sort(sorted.begin(), sorted.end(), [](const auto* a, const auto* b) { return a->x < b->x; });
  for (size_t i = 0; i < sorted.size(); ++i) {
    const double last = sorted[i]->x + (1 - limit) * sorted[i]->width;
    for (size_t j = i + 1; j < sorted.size() && sorted[j]->x <= last; ++j) {
      const double iou = box_iou(*sorted[i], *sorted[j]);
      if (!(iou > limit)) continue;
      report(
          {IssueKind::kNearDuplicate, name_of(*sorted[i], image, ids),
           fmt::format("IoU {:.2f} with annotation {} of {} class", iou, ids.annotations.shown(sorted[j]->id),
                       sorted[i]->label == sorted[j]->label ? "the same" : "another")});
      break;
    }
  }
}

void check_names(const AnnotationEntries& entries, const IssueSink& report) {
  std::unordered_set<std::string> seen;
  for (const auto& image : entries.images) {
    if (seen.insert(image.file_name).second) continue;
    report({IssueKind::kDuplicateName, fmt::format("image {}", entries.ids.images.shown(image.id)),
            fmt::format("has the name '{}', as an earlier one does", image.file_name)});
  }
}

std::optional<Issue> check_image(const ImageRecord& image, const EntryIds& ids,
                                 const std::filesystem::path& path, const ImageStore& store) {
  const std::string entry = fmt::format("image {}", ids.shown(image.id));
  if (!store.has(image.file_name)) {
    return Issue{IssueKind::kMissingImage, entry,
                 fmt::format("{}: {}", path.string(), why_not_there(path, "no such image"))};
  }
  try {
    std::string part_read;
    const auto size = images::size_of(store.read(image.file_name, &part_read));
    if (size == image.size && part_read.empty()) return {};
    if (size == image.size) {
      return Issue{IssueKind::kSeveralImages, entry, fmt::format("{} {}", path.string(), part_read)};
    }
    return Issue{IssueKind::kWrongImageSize, entry,
                 fmt::format("{} has {} x {} pixels, the annotations say {} x {}", path.string(), size.width,
                             size.height, image.size.width, image.size.height)};
  } catch (const Error& error) {
    return Issue{IssueKind::kUndecodableImage, entry, error.what()};
  }
}

/// Whether each image can be used.
std::vector<bool> check_images(const std::vector<ImageRecord>& images, const EntryIds& ids,
                               const std::filesystem::path& image_dir, images::Orientation orientation,
                               const IssueSink& report) {
  const ImageStore store(image_dir, orientation);
  std::vector<std::optional<Issue>> found(images.size());
  for_each_index(images.size(), [&](size_t i) {
    found[i] = check_image(images[i], ids, image_dir / images[i].file_name, store);
  });
  // Only the first issues of a kind are shown, and looking through folders with a million names is slow.
  constexpr int kMostHints = 32;
  AlikeFiles alike;
  std::optional<ImageIndex> elsewhere;
  int hints = 0;
  std::vector<bool> usable(images.size(), true);
  for (size_t i = 0; i < found.size(); ++i) {
    if (!found[i]) continue;
    if (found[i]->kind == IssueKind::kMissingImage && hints++ < kMostHints) {
      std::string hint = alike.hint(image_dir / images[i].file_name);
      if (hint.empty() && is_folder(image_dir)) {
        if (!elsewhere) elsewhere.emplace(survey_folder(image_dir));
        const auto near = elsewhere->candidates(percent_decoded(images[i].file_name));
        if (!near.empty()) {
          hint = fmt::format("; {} exists: correct the name, or rename the file",
                             in_quotes(near.front()->lexically_relative(image_dir).string()));
        }
      }
      found[i]->text += hint;
    }
    usable[i] = !is_error(found[i]->kind);
    report(*found[i]);
  }
  return usable;
}

// Checks for likely mistakes that readers accept, and the images themselves.
void check_entries(const AnnotationEntries& entries, const std::optional<std::filesystem::path>& image_dir,
                   const SettledOrientation& settled, const CheckOptions& options, CheckReport& report) {
  const IssueSink add = [&](const Issue& issue) { report.add(issue); };
  check_names(entries, add);
  if (!settled.note.empty()) report.notes.push_back(settled.note);
  if (!settled.refusal.empty()) add({IssueKind::kOtherOrientation, "the images", settled.refusal});
  report.categories = entries.categories;
  report.images = std::ssize(entries.images);
  std::vector<bool> usable(entries.images.size(), true);
  if (image_dir) {
    usable = check_images(entries.images, entries.ids.images, *image_dir, settled.orientation, add);
    report.images = std::count(usable.begin(), usable.end(), true);
    for (const auto& image : entries.images) report.paths.push_back(*image_dir / image.file_name);
  }
  for (size_t i = 0; i < entries.images.size(); ++i) {
    const bool sized = entries.images[i].size.height > 0;
    if (sized) {
      for (const auto& box : entries.annotations[i]) check_box(box, entries.images[i], entries.ids, add);
      check_crowding(entries.annotations[i], entries.images[i], entries.ids.images, options.queries, add);
    }
    check_pairs(entries.annotations[i], entries.images[i], entries.ids, options.near_duplicate_iou, add);
    if (usable[i]) report.boxes += std::ssize(entries.annotations[i]);
  }
}

}  // namespace

void CheckReport::add(const Issue& issue) {
  auto& finding = findings_[issue.kind];
  ++finding.count;
  if (finding.examples.size() < examples_) finding.examples.push_back(issue);
}

int64_t CheckReport::count(IssueKind kind) const {
  const auto found = findings_.find(kind);
  return found == findings_.end() ? 0 : found->second.count;
}

int64_t CheckReport::errors() const {
  int64_t sum = 0;
  for (const auto& [kind, finding] : findings_) sum += is_error(kind) ? finding.count : 0;
  return sum;
}

int64_t CheckReport::warnings() const {
  int64_t sum = 0;
  for (const auto& [kind, finding] : findings_) sum += is_error(kind) ? 0 : finding.count;
  return sum;
}

CheckReport check_dataset(const std::filesystem::path& annotations, const CheckOptions& options) {
  if (options.image_dir && !is_there(*options.image_dir)) {
    fail("{}: {}", options.image_dir->string(),
         why_not_there(*options.image_dir, "no such folder of images"));
  }
  CheckReport report(options.examples);
  const IssueSink add = [&](const Issue& issue) { report.add(issue); };
  auto entries = read_coco(annotations, add);
  const bool in_folder = options.image_dir && is_folder(*options.image_dir);
  if (in_folder) find_alike_images(entries.images, *options.image_dir, annotations, add);
  const auto settled = settle_orientation(entries, options.image_dir.value_or(std::filesystem::path()),
                                          {options.reading.images, convention_of(DatasetFormat::kCoco)});
  if (options.image_dir) measure_unsized(entries, *options.image_dir, settled.orientation, add);
  if (report.errors() == 0) report_emptiness(entries, "the file", add);
  if (in_folder) {
    std::set<std::filesystem::path> named;
    for (const auto& image : entries.images) {
      named.insert((*options.image_dir / image.file_name).lexically_normal());
    }
    const auto issue = unnamed_images(survey_folder(*options.image_dir), named, annotations.string());
    if (issue) add(*issue);
  }
  check_entries(entries, options.image_dir, settled, options, report);
  return report;
}

CheckReport check_split(const std::filesystem::path& dataset, const std::string& split,
                        const CheckOptions& options) {
  CheckReport report(options.examples);
  const auto read = read_split(
      dataset, split, [&](const Issue& issue) { report.add(issue); }, options.reading);
  check_entries(read.entries, read.image_dir, read.settled, options, report);
  return report;
}

std::string findings_text(const CheckReport& report) {
  std::string text;
  for (const auto& [kind, finding] : report.findings()) {
    text += fmt::format("{}: {}: {}\n", is_error(kind) ? "error" : "warning", describe(kind), finding.count);
    for (const auto& issue : finding.examples) {
      text += "  " + printable(issue.entry + ": " + issue.text) + "\n";
    }
    const auto more = finding.count - std::ssize(finding.examples);
    if (more > 0) text += fmt::format("  and {} more\n", more);
  }
  return text;
}

std::string to_text(const CheckReport& report) {
  std::string text = findings_text(report);
  for (const auto& note : report.notes) text += fmt::format("note: {}\n", note);
  return text + fmt::format("{} usable images, {} usable boxes; {} errors, {} warnings\n", report.images,
                            report.boxes, report.errors(), report.warnings());
}

nlohmann::json to_json(const CheckReport& report) {
  auto findings = nlohmann::json::array();
  for (const auto& [kind, finding] : report.findings()) {
    auto examples = nlohmann::json::array();
    for (const auto& issue : finding.examples)
      examples.push_back({{"entry", issue.entry}, {"text", issue.text}});
    findings.push_back({{"kind", describe(kind)},
                        {"severity", is_error(kind) ? "error" : "warning"},
                        {"count", finding.count},
                        {"examples", std::move(examples)}});
  }
  return {{"images", report.images},       {"boxes", report.boxes}, {"errors", report.errors()},
          {"warnings", report.warnings()}, {"notes", report.notes}, {"findings", std::move(findings)}};
}

}  // namespace focus::data
