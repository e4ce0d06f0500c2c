// A file embedded in the program (cmake/FocusDetrEmbed.cmake).
#pragma once

#include <span>
#include <string_view>

namespace focus {

struct EmbeddedFile {
  std::string_view name;  ///< without its folder
  std::string_view text;
};

}  // namespace focus
