#include "base/profile.h"

namespace focus {

constinit thread_local Profile* recorded_profile = nullptr;

void Profile::open(std::string_view name, int64_t index) {
  std::string path = nodes_[open_].span.path;
  if (!path.empty()) path += '/';
  path += name;
  if (index >= 0) path += std::to_string(index);
  for (const size_t child : nodes_[open_].children) {
    if (nodes_[child].span.path == path) {
      open_ = child;
      return;
    }
  }
  const size_t added = nodes_.size();
  nodes_[open_].children.push_back(added);
  nodes_.push_back({{std::move(path)}, open_, 0, {}});
  open_ = added;
}

void Profile::close(double seconds) {
  auto& span = nodes_[open_].span;
  span.seconds += seconds;
  ++span.calls;
  nodes_[nodes_[open_].parent].span.macs += span.macs - nodes_[open_].passed_on;
  nodes_[open_].passed_on = span.macs;
  open_ = nodes_[open_].parent;
}

void Profile::append(size_t node, std::vector<ProfileSpan>& spans) const {
  for (const size_t child : nodes_[node].children) {
    spans.push_back(nodes_[child].span);
    append(child, spans);
  }
}

std::vector<ProfileSpan> Profile::spans() const {
  std::vector<ProfileSpan> spans;
  append(0, spans);
  return spans;
}

void ProfileScope::open(std::string_view name, int64_t index) {
  profile_->open(name, index);
  start_ = std::chrono::steady_clock::now();
}

void ProfileScope::close() {
  profile_->close(std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count());
  profile_ = nullptr;
}

}  // namespace focus
