// Images that belong together by their names: frames of a video, and copies that a tool made of one image.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace focus::data {

/// The groups of images that should not be parted, as numbers from 0: images of one group have the same.
struct ImageGroups {
  std::vector<size_t> group_of;
  int64_t cut_sequences = 0;  ///< Sequences that were longer than allowed, and so are several groups.
};

/// Groups frames: names in one folder that differ in their last number alone are a sequence, in the order of
/// the numbers. One of more than `longest` images is cut into groups of that length, so that neighbours are
/// parted only there.
ImageGroups sequences_of(const std::vector<std::string>& names, size_t longest);

/// Groups copies: Roboflow's, whose names are equal before ".rf.".
ImageGroups copies_of(const std::vector<std::string>& names);

/// Groups that hold whatever one of `a` and `b` holds together.
std::vector<size_t> joined_groups(const std::vector<size_t>& a, const std::vector<size_t>& b);

}  // namespace focus::data
