#include "data/check/emptiness.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>

namespace focus::data {

void report_emptiness(const AnnotationEntries& entries, const std::string& source, const IssueSink& report) {
  if (entries.images.empty()) {
    return report({IssueKind::kEmptySplit, source, "has no image; add images, or leave this split out"});
  }
  const bool any = std::any_of(entries.annotations.begin(), entries.annotations.end(),
                               [](const auto& boxes) { return !boxes.empty(); });
  if (any) return;
  report({IssueKind::kNoBoxes, source,
          fmt::format("has {} images but no box; it cannot be used for training or for measuring AP",
                      entries.images.size())});
}

}  // namespace focus::data
