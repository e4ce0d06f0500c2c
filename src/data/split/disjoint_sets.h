// Disjoint sets (union-find): elements are joined pair by pair, which results in groups.
#pragma once

#include <cstddef>
#include <map>
#include <numeric>
#include <vector>

namespace focus::data {

class DisjointSets {
 public:
  /// `count` elements, each in a group of its own.
  explicit DisjointSets(size_t count) : parent_(count) {
    std::iota(parent_.begin(), parent_.end(), size_t{0});
  }

  void join(size_t a, size_t b) { parent_[root(a)] = root(b); }

  /// The group of each element; groups are numbered from 0 in the order of their first elements.
  std::vector<size_t> groups() {
    std::map<size_t, size_t> number;
    std::vector<size_t> groups;
    for (size_t i = 0; i < parent_.size(); ++i) {
      groups.push_back(number.emplace(root(i), number.size()).first->second);
    }
    return groups;
  }

 private:
  size_t root(size_t i) {
    while (parent_[i] != i) i = parent_[i] = parent_[parent_[i]];
    return i;
  }

  std::vector<size_t> parent_;
};

}  // namespace focus::data
