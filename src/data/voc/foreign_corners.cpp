#include "data/voc/foreign_corners.h"

#include <cmath>

#include "base/human.h"

namespace focus::data {
namespace {

Issue issue_about(const VocObject& object, const std::filesystem::path& annotation, const std::string& what) {
  return {
      IssueKind::kForeignCorners, annotation.string(),
      "object " + in_quotes(object.name) + " has " + what +
          "; corners are read as pixels counted from 1, as VOC's kit does; if these are edges counted from "
          "0, as many programs write them, read them with --voc-corners plain (loader.voc_corners=plain in "
          "training)"};
}

}  // namespace

void ForeignCorners::look_at(const VocObject& object, nn::ImageSize size,
                             const std::filesystem::path& annotation, bool of_kit) {
  const Annotation& box = object.box;
  const double left = box.x + 1, top = box.y + 1, right = box.x + box.width, bottom = box.y + box.height;
  const auto whole = [](double corner) { return corner == std::floor(corner); };
  any_first_ = any_first_ || left == 1 || top == 1;
  if (left == 0 || top == 0) {
    sure_.push_back(issue_about(object, annotation, "a corner of 0"));
  } else if (!whole(left) || !whole(top) || !whole(right) || !whole(bottom)) {
    sure_.push_back(issue_about(object, annotation, "a corner with a fraction"));
  } else if (!of_kit &&
             (right == static_cast<double>(size.width) || bottom == static_cast<double>(size.height))) {
    at_full_size_.push_back(
        issue_about(object, annotation, "a corner of the image's full width or height, and none of 1"));
  }
}

void ForeignCorners::report_to(const IssueSink& report) const {
  for (const auto& issue : sure_) report(issue);
  if (any_first_) return;
  for (const auto& issue : at_full_size_) report(issue);
}

}  // namespace focus::data
