// Groups images that belong together by their names: frames of a video, and copies that a tool made of one
// image.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace focus::data {

/// Groups of images that should stay in one split, as numbers from 0: images of one group have the same
/// number.
struct ImageGroups {
  std::vector<size_t> group_of;
  int64_t cut_sequences = 0;  ///< Sequences longer than allowed, and so cut into several groups.
};

/// Groups frames: names in one folder that differ only in their last number are a sequence, in the order of
/// the numbers. A sequence of more than `longest` images is cut into pieces of equal length, at most
/// `longest`, so that neighbours are separated only at the cuts.
ImageGroups sequences_of(const std::vector<std::string>& names, size_t longest);

/// Groups copies: Roboflow's, whose names are equal before ".rf.".
ImageGroups copies_of(const std::vector<std::string>& names);

/// Groups that keep together whatever is together in `a` or in `b`.
std::vector<size_t> joined_groups(const std::vector<size_t>& a, const std::vector<size_t>& b);

}  // namespace focus::data
