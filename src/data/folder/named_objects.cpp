#include "data/folder/named_objects.h"

#include <spdlog/fmt/fmt.h>

#include <set>

#include "base/human.h"
#include "data/box_edges.h"
#include "data/check/unused_files.h"
#include "data/measured_images.h"
#include "data/voc/foreign_corners.h"

namespace focus::data {
namespace {

namespace fs = std::filesystem;

/// Builds one split.
class NamedObjects {
 public:
  NamedObjects(const VocClasses& classes, const fs::path& image_dir, const ObjectReading& reading,
               const IssueSink& report)
      : classes_(classes), reading_(reading), report_(report) {
    result_.entries.categories = classes.categories();
    result_.image_dir = image_dir;
  }

  void add(const ImagePair& pair) {
    read_.insert(pair.annotation);
    auto read = reading_.read(pair.annotation, report_);
    if (!read) return;
    const auto image = pair.image.empty() ? reading_.find(pair.annotation, read->file_name) : pair.image;
    if (read->scored) scored_.push_back(pair.annotation);
    if (image) pending_.push_back({pair.annotation, *image, std::move(*read)});
  }

  DatasetSplit finish() {
    for (const auto& [path, issue] : classes_.unreadable()) {
      if (!read_.contains(path)) report_(issue);
    }
    measure();
    if (reading_.kit_corners) foreign_.report_to(report_);
    if (!scored_.empty()) {
      report_({IssueKind::kScored, scored_.front().parent_path().string(),
               counted_files(scored_, "annotation files have a score for their objects") +
                   ": are these a model's detections? they are used as ground truth, without the scores"});
    }
    return std::move(result_);
  }

 private:
  struct Pending {
    fs::path annotation, image;
    VocImage read;
  };

  // Measures images whose size no file states, then turns what was read into entries.
  void measure() {
    std::vector<fs::path> unknown;
    for (const auto& pending : pending_) {
      if (!pending.read.size) unknown.push_back(pending.image);
    }
    result_.sizes_stated = unknown.size() < pending_.size();
    const auto measured = measured_images(unknown, reading_.measured, report_);
    auto next = measured.begin();
    for (const auto& pending : pending_) {
      const auto size = pending.read.size ? pending.read.size : *next++;
      if (size) add_entry(pending, *size);
    }
  }

  void add_entry(const Pending& pending, nn::ImageSize size) {
    auto& images = result_.entries.images;
    auto& annotations = result_.entries.annotations;
    const auto relative =
        pending.image.lexically_normal().lexically_relative(result_.image_dir.lexically_normal());
    images.push_back({static_cast<int64_t>(images.size()) + 1,
                      relative.empty() ? pending.image.string() : relative.string(), size});
    annotations.emplace_back();
    for (const auto& object : pending.read.objects) {
      foreign_.look_at(object, size, pending.annotation, pending.read.of_kit);
      Annotation box = at_edge(object.box, size);
      if (object.any_class) {
        // Ignored in training and evaluation whatever the class: a crowd of each class.
        for (box.label = 0; box.label < std::ssize(classes_.categories()); ++box.label) {
          box.id = ++boxes_;
          annotations.back().push_back(box);
        }
        continue;
      }
      box.label = classes_.label_of(object.name);
      if (box.label < 0) {
        report_({IssueKind::kUnknownCategory, pending.image.string(),
                 fmt::format("its annotation has the class {}, which {} does not {}", in_quotes(object.name),
                             classes_.source().string(), what_to_do())});
        continue;
      }
      box.id = ++boxes_;
      annotations.back().push_back(box);
    }
  }

  // Says where an unknown class can be listed.
  std::string what_to_do() const {
    if (classes_.source().extension() == ".txt" || reading_.class_list.empty()) {
      return "list; add a line with its name";
    }
    return fmt::format("hold; write {} with one class name per line", reading_.class_list.string());
  }

  const VocClasses& classes_;
  const ObjectReading& reading_;
  const IssueSink& report_;
  ForeignCorners foreign_;
  std::set<fs::path> read_;
  std::vector<Pending> pending_;
  std::vector<fs::path> scored_;
  DatasetSplit result_;
  int64_t boxes_ = 0;
};

}  // namespace

DatasetSplit read_named_objects(const std::vector<ImagePair>& pairs, const VocClasses& classes,
                                const fs::path& image_dir, const ObjectReading& reading,
                                const IssueSink& report) {
  NamedObjects split(classes, image_dir, reading, report);
  for (const auto& pair : pairs) split.add(pair);
  return split.finish();
}

}  // namespace focus::data
