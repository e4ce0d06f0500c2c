#include "viz/image_file.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <ostream>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/files.h"
#include "images/opencv/encode.h"

namespace focus::viz {
namespace {

constexpr std::array kWritten{".jpg", ".jpeg", ".png", ".bmp", ".webp"};

std::string small_extension(const std::filesystem::path& path) {
  std::string extension = path.extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char c) { return std::tolower(c); });
  return extension;
}

bool is_written(const std::string& extension) {
  return std::find(kWritten.begin(), kWritten.end(), extension) != kWritten.end();
}

}  // namespace

std::filesystem::path name_to_write(std::filesystem::path name) {
  const std::string extension = small_extension(name);
  if (is_written(extension)) return name;
  return name.replace_extension(extension == ".tif" || extension == ".tiff" ? ".png" : ".jpg");
}

void write_image(const std::filesystem::path& path, const cv::Mat& image) {
  const std::string extension = small_extension(path);
  if (!is_written(extension)) {
    fail_usage("{}: images cannot be written as '{}'; use one of {}", path.string(), extension,
               fmt::join(kWritten, ", "));
  }
  const auto bytes = images::encode_image(image, extension, path.string());
  write_atomically(path, [&](std::ostream& file) {
    file.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  });
}

}  // namespace focus::viz
