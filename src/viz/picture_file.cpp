#include "viz/picture_file.h"

#include <algorithm>
#include <cctype>
#include <opencv2/imgcodecs.hpp>
#include <ostream>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/files.h"

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
  if (picture.empty()) fail("{}: there is no picture to write", path.string());
  std::vector<uint8_t> bytes;
  try {
    if (!cv::imencode(extension, picture, bytes, {cv::IMWRITE_JPEG_QUALITY, 92})) {
      fail("{}: a picture of {} x {} pixels cannot be written as {}", path.string(), picture.cols,
           picture.rows, extension);
    }
  } catch (const cv::Exception& error) {
    fail("{}: cannot be encoded: {}", path.string(), error.err);
  }
  write_atomically(path, [&](std::ostream& file) {
    file.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  });
}

}  // namespace focus::viz
