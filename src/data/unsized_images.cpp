#include "data/unsized_images.h"

#include <spdlog/fmt/fmt.h>

#include "base/paths.h"
#include "data/image_store.h"
#include "data/measured_images.h"

namespace focus::data {

void leave_out(AnnotationEntries& entries, const std::vector<bool>& leave) {
  size_t kept = 0;
  for (size_t i = 0; i < entries.images.size(); ++i) {
    if (leave[i]) continue;
    if (kept != i) {
      entries.images[kept] = std::move(entries.images[i]);
      entries.annotations[kept] = std::move(entries.annotations[i]);
    }
    ++kept;
  }
  entries.images.resize(kept);
  entries.annotations.resize(kept);
}

void measure_unsized(AnnotationEntries& entries, const std::filesystem::path& image_dir,
                     images::Orientation orientation, const IssueSink& report) {
  std::vector<size_t> unsized;
  for (size_t i = 0; i < entries.images.size(); ++i) {
    if (entries.images[i].size.height == 0) unsized.push_back(i);
  }
  if (unsized.empty()) return;
  std::vector<bool> leave(entries.images.size(), false);
  const auto refuse = [&](size_t i, IssueKind kind, std::string text) {
    report({kind, fmt::format("image {}", entries.ids.images.shown(entries.images[i].id)), std::move(text)});
    leave[i] = true;
  };
  if (is_file(image_dir)) {
    const ImageStore pack(image_dir, orientation);
    for (const size_t i : unsized) {
      const auto& name = entries.images[i].file_name;
      if (pack.has(name)) {
        entries.images[i].size = images::size_of(pack.read(name));
      } else {
        refuse(i, IssueKind::kMissingImage, fmt::format("no image {} in {}", name, image_dir.string()));
      }
    }
  } else if (!is_folder(image_dir)) {
    for (const size_t i : unsized) {
      refuse(i, IssueKind::kMissingField,
             "has no 'width' and 'height', and its file cannot be measured, as the folder of images is not "
             "known; name the data set's folder, or that of the images");
    }
  } else {
    std::vector<std::filesystem::path> paths;
    for (const size_t i : unsized) paths.push_back(image_dir / entries.images[i].file_name);
    std::vector<Issue> faults;
    const auto sizes =
        measured_images(paths, orientation, [&](const Issue& issue) { faults.push_back(issue); });
    auto fault = faults.begin();
    for (size_t k = 0; k < unsized.size(); ++k) {
      if (sizes[k]) {
        entries.images[unsized[k]].size = *sizes[k];
      } else {
        refuse(unsized[k], fault->kind, fault->entry + ": " + fault->text);
        ++fault;
      }
    }
  }
  leave_out(entries, leave);
}

}  // namespace focus::data
