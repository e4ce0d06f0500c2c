// Finds signs that the corners of VOC annotations are not counted as in VOC's development kit.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "data/issue.h"
#include "data/voc/voc_annotation.h"

namespace focus::data {

/// Looks at objects that were read by the kit's rules, by which corners are whole numbers from 1 to the
/// image's width or height.
class ForeignCorners {
 public:
  /// @param of_kit whether the annotation says that it is PASCAL VOC's
  void look_at(const VocObject& object, nn::ImageSize size, const std::filesystem::path& annotation,
               bool of_kit);

  /// Reports each object with a corner of 0 or with a fraction; and those with a corner of the image's full
  /// width or height if no object of the split has a corner of 1, since then they are probably edges, not
  /// pixels.
  void report_to(const IssueSink& report) const;

 private:
  std::vector<Issue> sure_, at_full_size_;
  bool any_first_ = false;
};

}  // namespace focus::data
