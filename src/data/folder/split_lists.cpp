#include "data/folder/split_lists.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <unordered_map>

#include "base/error.h"
#include "data/folder/found_images.h"
#include "data/folder/name_forms.h"
#include "data/text_fields.h"
#include "data/text_file.h"

namespace focus::data {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kMostListBytes = uint64_t{1} << 28;

/// The split that a list of this name is for; "trainval" for both.
std::string split_of_list(const std::string& written) {
  const std::string name = folded_name(written);
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

/// Images by their names, with and without extensions.
class PairNames {
 public:
  PairNames(const std::vector<ImagePair>& pairs, const fs::path& root) : pairs_(pairs) {
    for (size_t i = 0; i < pairs.size(); ++i) {
      by_name_[composed_name(pairs[i].image.filename().string())].push_back(i);
      by_name_[composed_name(pairs[i].image.stem().string())].push_back(i);
      if (pairs[i].annotation.stem() != pairs[i].image.stem()) {
        by_name_[composed_name(pairs[i].annotation.stem().string())].push_back(i);
      }
      splits_.push_back(split_of_place(pairs[i].image, root));
    }
  }

  /// The images that a line of a split's list means; several if it is ambiguous.
  std::vector<size_t> find(std::string_view line, const std::string& split) const {
    auto found = find_name(line, split);
    if (!found.empty()) return found;
    // Lists of a single class have a second column: whether the image shows it.
    const auto fields = fields_of(line);
    const auto last = fields.back();
    if (fields.size() < 2 || (last != "1" && last != "0" && last != "-1")) return {};
    return find_name(trimmed(line.substr(0, line.size() - last.size())), split);
  }

 private:
  std::vector<size_t> find_name(std::string_view name, const std::string& split) const {
    const auto parts = path_parts(name);
    if (parts.empty()) return {};
    const auto found = by_name_.find(composed_name(parts.back()));
    if (found == by_name_.end()) return {};
    std::vector<size_t> best;
    std::pair<bool, size_t> most;
    for (const size_t i : found->second) {
      const bool other_split = split != "trainval" && !splits_[i].empty() && splits_[i] != split;
      const std::pair score{!other_split, folders_in_common(parts, pairs_[i].image)};
      if (!best.empty() && score < most) continue;
      if (best.empty() || score > most) best.clear();
      best.push_back(i);
      most = score;
    }
    return best;
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
  std::vector<std::string> splits_;  ///< after which the folders of the images are named
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
  const PairNames names(pairs, survey.root);
  std::vector<SplitList> lists;
  for (auto& [split, candidates] : files) {
    std::sort(candidates.begin(), candidates.end(), is_before);
    for (const auto& file : candidates) {
      SplitList list{split, file, {}, {}, {}};
      std::vector<bool> taken(pairs.size(), false);
      try {
        for_each_line(read_text_file(file, kMostListBytes), [&](size_t, std::string_view line) {
          const auto found = names.find(line, split);
          if (found.empty()) return list.unknown.emplace_back(line.substr(0, 200)), void();
          if (found.size() > 1) {
            list.ambiguous.push_back({std::string(line.substr(0, 200)), {found[0], found[1]}});
            return;
          }
          if (!taken[found[0]]) list.pairs.push_back(found[0]);
          taken[found[0]] = true;
        });
      } catch (const Error&) {
        continue;  // It cannot be read, and may be the list of something else.
      }
      if (list.pairs.empty() && list.ambiguous.empty()) continue;
      lists.push_back(std::move(list));
      break;
    }
  }
  return lists;
}

}  // namespace focus::data
