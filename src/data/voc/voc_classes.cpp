#include "data/voc/voc_classes.h"

#include <map>
#include <set>

#include "base/error.h"
#include "base/human.h"
#include "base/paths.h"
#include "data/text_fields.h"
#include "data/text_file.h"
#include "data/voc/voc_annotation.h"

namespace focus::data {

namespace fs = std::filesystem;

VocClasses::VocClasses(const fs::path& root, const std::vector<fs::path>& folders)
    : source_(folders.size() == 1 ? folders.front() : root) {
  for (const char* name : {"classes.txt", "labels.txt"}) {
    if (is_file(root / name)) source_ = root / name;
  }
  if (source_.extension() == ".txt") {
    read_list();
  } else {
    std::vector<fs::path> files;
    for (const auto& folder : folders) {
      const auto found = voc_annotations_below(folder);
      files.insert(files.end(), found.begin(), found.end());
    }
    read_annotations(files, voc_reader());
  }
}

VocClasses::VocClasses(const std::vector<std::string>& names, fs::path source) : source_(std::move(source)) {
  set_names(names);
}

VocClasses::VocClasses(const std::vector<fs::path>& files, const ObjectReader& read, fs::path source)
    : source_(std::move(source)) {
  read_annotations(files, read);
}

int64_t VocClasses::label_of(const std::string& name) const {
  const auto found = labels_.find(name);
  return found == labels_.end() ? -1 : found->second;
}

void VocClasses::read_list() {
  constexpr uint64_t kMostBytes = 1 << 20;
  const std::string text = read_text_file(source_, kMostBytes);
  std::map<std::string, size_t, std::less<>> lines;
  for_each_line(text, [&](size_t number, std::string_view line) {
    const auto label = static_cast<int64_t>(categories_.size());
    if (!labels_.emplace(line, label).second) {
      fail("{}:{}: {} is listed twice, as in line {}; keep one", source_.string(), number, in_quotes(line),
           lines.find(line)->second);
    }
    lines.emplace(line, number);
    categories_.push_back({label + 1, std::string(line)});
  });
  if (categories_.empty())
    fail("{}: lists no class; write one name per line, or remove it", source_.string());
}

void VocClasses::read_annotations(const std::vector<fs::path>& files, const ObjectReader& read) {
  std::set<std::string> names;
  for (const auto& path : files) {
    // Faults of single objects are reported when their split is read.
    const auto image = read(path, [&](const Issue& issue) {
      const bool whole = issue.kind == IssueKind::kNotXml || issue.kind == IssueKind::kNotJson ||
                         issue.kind == IssueKind::kUnreadable;
      if (whole) unreadable_.emplace(path, issue);
    });
    if (!image) continue;
    for (const auto& object : image->objects) {
      if (!object.any_class) names.insert(object.name);
    }
  }
  set_names({names.begin(), names.end()});
}

void VocClasses::set_names(const std::vector<std::string>& names) {
  for (const auto& name : names) {
    const auto label = static_cast<int64_t>(categories_.size());
    labels_.emplace(name, label);
    categories_.push_back({label + 1, name});
  }
}

}  // namespace focus::data
