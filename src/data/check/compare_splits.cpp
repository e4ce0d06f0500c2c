#include "data/check/compare_splits.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <map>

#include "base/human.h"

namespace focus::data {
namespace {

std::multimap<std::string, int64_t> ids_by_name(const std::vector<Category>& categories) {
  std::multimap<std::string, int64_t> ids;
  for (const auto& [id, name] : categories) ids.emplace(name, id);
  return ids;
}

/// Names of `a` that `b` lacks.
std::vector<std::string> lacking(const std::vector<Category>& a,
                                 const std::multimap<std::string, int64_t>& b) {
  std::vector<std::string> names;
  for (const auto& category : a) {
    if (!b.contains(category.name)) names.push_back(category.name);
  }
  return names;
}

void compare(const SplitClasses& first, const SplitClasses& other, std::vector<Issue>& issues) {
  const auto ids = ids_by_name(first.categories);
  const auto only_other = lacking(other.categories, ids);
  const auto only_first = lacking(first.categories, ids_by_name(other.categories));
  const auto entry = fmt::format("split {}", other.split);
  if (only_other.size() == other.categories.size() && !first.categories.empty() &&
      !other.categories.empty()) {
    issues.push_back(
        {IssueKind::kNoCommonClass, entry,
         fmt::format("has {}, split {} has {}; they have no name in common, and classes are joined by name",
                     listed_in_quotes(only_other), first.split, listed_in_quotes(only_first))});
    return;
  }
  std::vector<std::string> numbered;
  for (const auto& category : other.categories) {
    const auto [begin, end] = ids.equal_range(category.name);
    const bool differs =
        begin != end && std::none_of(begin, end, [&](const auto& e) { return e.second == category.id; });
    if (differs) {
      numbered.push_back(
          fmt::format("{} {} instead of {}", in_quotes(category.name), category.id, begin->second));
    }
  }
  if (!numbered.empty()) {
    constexpr size_t kMost = 8;
    const auto count = numbered.size();
    numbered.resize(std::min(count, kMost));
    issues.push_back(
        {IssueKind::kOtherClasses, entry,
         fmt::format("{} classes have a different id than in split {}: {}{}; they are joined by their names",
                     count, first.split, fmt::join(numbered, ", "), count > kMost ? ", ..." : "")});
  }
  if (!only_other.empty()) {
    issues.push_back(
        {IssueKind::kOtherClasses, entry,
         fmt::format("has {} classes that split {} lacks: {}; a model trained on that split never finds them",
                     only_other.size(), first.split, listed_in_quotes(only_other))});
  }
  if (!only_first.empty()) {
    issues.push_back({IssueKind::kOtherClasses, entry,
                      fmt::format("lacks {} classes of split {}: {}; their detection is not measured",
                                  only_first.size(), first.split, listed_in_quotes(only_first))});
  }
}

}  // namespace

std::vector<Issue> compare_splits(const std::vector<SplitClasses>& splits) {
  std::vector<Issue> issues;
  for (size_t i = 1; i < splits.size(); ++i) compare(splits.front(), splits[i], issues);
  return issues;
}

}  // namespace focus::data
