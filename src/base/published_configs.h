// The configurations that come with the program (configs/), by name. Linked into the command (focus_configs).
#pragma once

#include <span>
#include <string_view>

namespace focus {

struct PublishedConfig {
  std::string_view name;  ///< of its file, without ".yaml"
  std::string_view yaml;
};

/// All of them, by name.
std::span<const PublishedConfig> published_configs();

}  // namespace focus
