// Collects images by size until a batch of one size is full, with bounded memory.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

namespace focus::eval {

/// Images of one size, (3, H, W) each, and their indices in the data set.
struct SizeGroup {
  std::vector<at::Tensor> images;
  std::vector<int64_t> indices;
};

class SizeGroups {
 public:
  /// @param batch_size images of a full group
  /// @param most_bytes limit for waiting images; a full batch of the largest size so far is always allowed
  SizeGroups(int64_t batch_size, int64_t most_bytes) : batch_size_(batch_size), most_bytes_(most_bytes) {}

  /// Adds an image (3, H, W). Returns the group to run now, if one is full or too much is waiting: in that
  /// case the one that takes the most memory.
  std::optional<SizeGroup> add(at::Tensor image, int64_t index);

  /// The remaining groups, one at a time; nothing at the end.
  std::optional<SizeGroup> next_left();

  int64_t waiting_bytes() const { return waiting_bytes_; }

 private:
  using Groups = std::map<std::pair<int64_t, int64_t>, SizeGroup>;  // By height and width.
  SizeGroup take(Groups::iterator group);

  int64_t batch_size_, most_bytes_;
  int64_t waiting_bytes_ = 0, largest_image_ = 0;
  Groups groups_;
};

}  // namespace focus::eval
