#include "eval/size_groups.h"

#include <algorithm>

namespace focus::eval {
namespace {

int64_t bytes_of(const SizeGroup& group) {
  return static_cast<int64_t>(group.images.size() * group.images.front().nbytes());
}

}  // namespace

std::optional<SizeGroup> SizeGroups::add(at::Tensor image, int64_t index) {
  const auto bytes = static_cast<int64_t>(image.nbytes());
  largest_image_ = std::max(largest_image_, bytes);
  waiting_bytes_ += bytes;
  const auto place = groups_.try_emplace({image.size(1), image.size(2)}).first;
  place->second.images.push_back(std::move(image));
  place->second.indices.push_back(index);
  if (static_cast<int64_t>(place->second.indices.size()) >= batch_size_) return take(place);
  if (waiting_bytes_ <= std::max(most_bytes_, batch_size_ * largest_image_)) return {};
  return take(std::max_element(groups_.begin(), groups_.end(), [](const auto& a, const auto& b) {
    return bytes_of(a.second) < bytes_of(b.second);
  }));
}

std::optional<SizeGroup> SizeGroups::next_left() {
  if (groups_.empty()) return {};
  return take(groups_.begin());
}

SizeGroup SizeGroups::take(Groups::iterator group) {
  waiting_bytes_ -= bytes_of(group->second);
  SizeGroup taken = std::move(group->second);
  groups_.erase(group);
  return taken;
}

}  // namespace focus::eval
