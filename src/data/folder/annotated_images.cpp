#include "data/folder/annotated_images.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <utility>

#include "base/human.h"
#include "base/paths.h"
#include "data/check/unused_files.h"
#include "data/folder/name_forms.h"
#include "images/image_paths.h"

namespace focus::data {
namespace {

namespace fs = std::filesystem;

std::string decoded_name(const std::string& name) { return composed_name(percent_decoded(name)); }

}  // namespace

AnnotatedImages::AnnotatedImages(fs::path annotations, fs::path images, std::string when_ambiguous)
    : annotations_(std::move(annotations)),
      images_(std::move(images)),
      when_ambiguous_(std::move(when_ambiguous)) {}

std::optional<fs::path> AnnotatedImages::find(const fs::path& annotation, const std::string& stated,
                                              const IssueSink& report) {
  const auto name = annotation.lexically_relative(annotations_).replace_extension().string();
  Issue fault{IssueKind::kMissingImage, annotation.string(), {}};
  auto found = find_name(name, stated, fault);
  const auto stem = [](const fs::path& image) { return image.stem().string(); };
  if (found && *found != stated && differ_in_encoding(fs::path(name).filename().string(), stem(*found))) {
    // An image that has an annotation of its own does not belong to another one.
    const auto own = annotation.parent_path() / (stem(*found) + annotation.extension().string());
    if (is_there(own)) {
      fault.text = fmt::format("no image {}.jpg (or {}) in {}; {} has an annotation of its own", name,
                               images::kUsualEndings, images_.string(), in_quotes(*found));
      found.reset();
    } else {
      encoded_.push_back(annotation);
    }
  }
  if (found) return images_ / *found;
  report(fault);
  return {};
}

void AnnotatedImages::report_encoded(const IssueSink& report) const {
  if (encoded_.empty()) return;
  report({IssueKind::kReadOtherwise, annotations_.string(),
          counted_files(encoded_,
                        "annotation files belong to images whose names differ only in percent-encoding")});
}

std::optional<std::string> AnnotatedImages::find_name(const std::string& name, const std::string& stated,
                                                      Issue& fault) {
  const fs::path place = fs::path(name).parent_path();
  const auto& images = look_into(images_ / place);
  const auto found = images.read.find(composed_name(fs::path(name).filename().string()));
  if (found != images.read.end()) {
    const auto& files = found->second;
    const auto meant = std::find(files.begin(), files.end(), stated);
    if (files.size() == 1 || meant != files.end()) {
      return (place / (files.size() == 1 ? files.front() : *meant)).string();
    }
    fault.kind = IssueKind::kAmbiguousImage;
    fault.text = fmt::format("{} and {} could both be its image; {}", (images_ / place / files[0]).string(),
                             (images_ / place / files[1]).string(), when_ambiguous_);
    return {};
  }
  if (!stated.empty() && is_file(images_ / stated)) return stated;
  const fs::path alike = stated.empty() ? fs::path() : alike_.find_one(images_ / stated);
  if (!alike.empty() && is_file(alike)) return alike.lexically_relative(images_).string();
  const auto decoded = images.decoded.find(decoded_name(fs::path(name).filename().string()));
  if (decoded != images.decoded.end() && decoded->second.size() == 1) {
    return (place / decoded->second.front()).string();
  }
  const auto unread = images.unread.find(composed_name(fs::path(name).filename().string()));
  fault.kind = IssueKind::kMissingImage;
  fault.text = fmt::format("no image {}.jpg (or {}) in {}{}", name, images::kUsualEndings, images_.string(),
                           unread == images.unread.end()
                               ? alike_.hint(images_ / (name + ".jpg"))
                               : fmt::format("; {} is of a kind that is not read: convert it to PNG or JPEG",
                                             in_quotes(unread->second)));
  return {};
}

const AnnotatedImages::Folder& AnnotatedImages::look_into(const fs::path& path) {
  const auto [entry, fresh] = folders_.try_emplace(path);
  if (!fresh || !is_folder(path)) return entry->second;
  for (const auto& file : entries_of(path)) {
    const std::string name = file.filename().string(), stem = composed_name(file.stem().string());
    if (name.starts_with('.')) continue;
    if (images::is_image_name(file) && is_file(file)) {
      entry->second.read[stem].push_back(name);
      entry->second.decoded[decoded_name(stem)].push_back(name);
    }
    if (images::is_unread_image_name(file)) entry->second.unread.emplace(stem, name);
  }
  return entry->second;
}

}  // namespace focus::data
