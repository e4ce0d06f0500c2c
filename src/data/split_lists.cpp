#include "data/split_lists.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <unordered_map>

#include "base/error.h"
#include "base/files.h"
#include "data/found_images.h"
#include "data/text_fields.h"

namespace focus::data {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kMostBytes = uint64_t{1} << 28;

/// The split that a list of this name is for; "trainval" for both.
std::string split_of_list(const std::string& name) {
  for (const char* split : {"train", "val", "test", "trainval"}) {
    if (name == std::string(split) + ".txt") return split;
  }
  return name == "valid.txt" ? "val" : "";
}

size_t depth(const fs::path& file) { return static_cast<size_t>(std::distance(file.begin(), file.end())); }

bool is_before(const fs::path& a, const fs::path& b) {
  const bool a_main = a.parent_path().filename() == "Main", b_main = b.parent_path().filename() == "Main";
  if (a_main != b_main) return a_main;
  return depth(a) != depth(b) ? depth(a) < depth(b) : a < b;
}

/// Images by their names, with and without endings.
class PairNames {
 public:
  explicit PairNames(const std::vector<ImagePair>& pairs) : pairs_(pairs) {
    for (size_t i = 0; i < pairs.size(); ++i) {
      by_name_[pairs[i].image.filename().string()].push_back(i);
      by_name_[pairs[i].image.stem().string()].push_back(i);
      if (pairs[i].annotation.stem() != pairs[i].image.stem()) {
        by_name_[pairs[i].annotation.stem().string()].push_back(i);
      }
    }
  }

  std::optional<size_t> find(std::string_view line) const {
    if (const auto found = find_name(line)) return found;
    // Lists of a single class have a second column: whether the image shows it.
    const auto fields = fields_of(line);
    const auto last = fields.back();
    if (fields.size() < 2 || (last != "1" && last != "0" && last != "-1")) return {};
    return find_name(trimmed(line.substr(0, line.size() - last.size())));
  }

 private:
  std::optional<size_t> find_name(std::string_view name) const {
    const auto parts = path_parts(name);
    if (parts.empty()) return {};
    const auto found = by_name_.find(parts.back());
    if (found == by_name_.end()) return {};
    std::optional<size_t> best;
    size_t most = 0;
    bool tie = false;
    for (const size_t i : found->second) {
      const size_t common = folders_in_common(parts, pairs_[i].image);
      if (best && common < most) continue;
      tie = best && common == most;
      best = i;
      most = common;
    }
    return tie ? std::nullopt : best;
  }

  static size_t folders_in_common(const std::vector<std::string>& stated, const fs::path& image) {
    const auto own = path_parts(image.parent_path().string());
    size_t count = 0;
    while (count < own.size() && count + 1 < stated.size() &&
           stated[stated.size() - 2 - count] == own[own.size() - 1 - count]) {
      ++count;
    }
    return count;
  }

  const std::vector<ImagePair>& pairs_;
  std::unordered_map<std::string, std::vector<size_t>> by_name_;
};

}  // namespace

bool is_split_list_name(const std::string& name) { return !split_of_list(name).empty(); }

std::vector<SplitList> find_split_lists(const FolderSurvey& survey, const std::vector<ImagePair>& pairs) {
  std::map<std::string, std::vector<fs::path>> files;
  for (const auto& folder : survey.folders) {
    for (const auto& name : folder.txt) {
      if (is_split_list_name(name)) files[split_of_list(name)].push_back(folder.path / name);
    }
  }
  if (files.empty()) return {};
  auto both = files.extract("trainval");
  if (!both.empty() && !files.contains("train") && !files.contains("val")) files["train"] = both.mapped();
  const PairNames names(pairs);
  std::vector<SplitList> lists;
  for (auto& [split, candidates] : files) {
    std::sort(candidates.begin(), candidates.end(), is_before);
    for (const auto& file : candidates) {
      SplitList list{split, file, {}, {}};
      std::vector<bool> taken(pairs.size(), false);
      try {
        for_each_line(read_file(file, kMostBytes), [&](size_t, std::string_view line) {
          const auto pair = names.find(line);
          if (!pair) return list.unknown.emplace_back(line.substr(0, 200)), void();
          if (!taken[*pair]) list.pairs.push_back(*pair);
          taken[*pair] = true;
        });
      } catch (const Error&) {
        continue;  // Not to be read; it may be the list of something else.
      }
      if (list.pairs.empty()) continue;
      lists.push_back(std::move(list));
      break;
    }
  }
  return lists;
}

}  // namespace focus::data
