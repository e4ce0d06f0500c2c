#include "viz/picture_file.h"

#include <algorithm>
#include <cctype>
#include <ostream>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/files.h"
#include "data/opencv/encode.h"

namespace focus::viz {

void write_picture(const std::filesystem::path& path, const cv::Mat& picture) {
  static const std::vector<std::string> known{".jpg", ".jpeg", ".png", ".bmp", ".webp"};
  std::string extension = path.extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char c) { return std::tolower(c); });
  if (std::find(known.begin(), known.end(), extension) == known.end()) {
    fail_usage("{}: '{}' is not a format pictures are written in; use one of {}", path.string(), extension,
               fmt::join(known, ", "));
  }
  const auto bytes = data::encode_picture(picture, extension, path.string());
  write_atomically(path, [&](std::ostream& file) {
    file.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  });
}

}  // namespace focus::viz
