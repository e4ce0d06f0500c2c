// The page at "/", which shows detections in images (src/serve/page/).
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace focus::serve {

struct PageFile {
  std::string path;  ///< path of its route
  std::string type;  ///< media type
  std::string_view text;
};

/// All files of the page; they live as long as the program.
std::span<const PageFile> page();

/// What the page may do in a browser: run its own files, talk to its own server, show images from memory.
inline constexpr const char* kPagePolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' blob: "
    "data:; media-src 'self' blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

}  // namespace focus::serve
