#include "data/annotation_text.h"

#include "base/error.h"
#include "base/paths.h"
#include "data/text_file.h"

namespace focus::data {

std::optional<std::string> annotation_text(const std::filesystem::path& path, uint64_t max_bytes,
                                           const IssueSink& report) {
  try {
    if (!is_there(path)) fail("{}", why_not_there(path, "no such annotation file"));
    if (!is_file(path)) fail("not a file");
    return read_text_file(path, max_bytes);
  } catch (const Error& error) {
    report(issue_of(IssueKind::kUnreadable, path, error.what()));
    return {};
  }
}

}  // namespace focus::data
