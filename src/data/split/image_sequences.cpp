#include "data/split/image_sequences.h"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <map>
#include <utility>

#include "data/split/disjoint_sets.h"

namespace focus::data {
namespace {

bool is_digit(char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; }

/// A name's last number, without leading zeros, and the name without it.
struct Numbered {
  std::string rest, digits;
};

Numbered numbered(const std::string& name) {
  const std::filesystem::path path(name);
  const std::string stem = path.stem().string();
  size_t end = stem.size();
  while (end > 0 && !is_digit(stem[end - 1])) --end;
  size_t begin = end;
  while (begin > 0 && is_digit(stem[begin - 1])) --begin;
  std::string digits = stem.substr(begin, end - begin);
  digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size()));
  // NUL separates the parts, as no file name contains it.
  const std::string rest =
      path.parent_path().string() + '/' + stem.substr(0, begin) + '\0' + stem.substr(end);
  return {begin == end ? name + std::string("\0\0", 2) : rest, digits};
}

}  // namespace

ImageGroups sequences_of(const std::vector<std::string>& names, size_t longest) {
  std::map<std::string, std::vector<std::pair<std::pair<size_t, std::string>, size_t>>> sequences;
  for (size_t i = 0; i < names.size(); ++i) {
    auto [rest, digits] = numbered(names[i]);
    sequences[rest].push_back({{digits.size(), digits}, i});
  }
  ImageGroups groups{std::vector<size_t>(names.size()), 0};
  size_t next = 0;
  for (auto& [rest, images] : sequences) {
    std::sort(images.begin(), images.end());
    // Pieces of equal length, rather than a last one with an image or two.
    const size_t pieces = (images.size() + longest - 1) / longest;
    for (size_t i = 0; i < images.size(); ++i) {
      groups.group_of[images[i].second] = next + i * pieces / images.size();
    }
    groups.cut_sequences += pieces > 1;
    next += pieces;
  }
  return groups;
}

ImageGroups copies_of(const std::vector<std::string>& names) {
  std::map<std::string, size_t> groups;
  ImageGroups result;
  for (const auto& name : names) {
    const size_t mark = name.find(".rf.");
    const std::string key = mark == std::string::npos ? name + '\0' : name.substr(0, mark);
    result.group_of.push_back(groups.emplace(key, groups.size()).first->second);
  }
  return result;
}

std::vector<size_t> joined_groups(const std::vector<size_t>& a, const std::vector<size_t>& b) {
  DisjointSets sets(a.size());
  for (const auto* groups : {&a, &b}) {
    std::map<size_t, size_t> first;
    for (size_t i = 0; i < groups->size(); ++i) {
      const auto [entry, fresh] = first.emplace((*groups)[i], i);
      if (!fresh) sets.join(i, entry->second);
    }
  }
  return sets.groups();
}

}  // namespace focus::data
