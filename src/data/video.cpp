#include "data/video.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "base/error.h"

namespace focus::data {
namespace {

/// Where "://" begins; npos if the text is no address.
size_t scheme_end(const std::string& text) {
  const size_t end = text.find("://");
  if (end == std::string::npos || end == 0 || end + 3 == text.size()) return std::string::npos;
  if (std::isalpha(static_cast<unsigned char>(text[0])) == 0) return std::string::npos;
  const auto belongs = [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '+' || c == '-' || c == '.';
  };
  const auto colon = text.begin() + static_cast<std::ptrdiff_t>(end);
  return std::all_of(text.begin(), colon, belongs) ? end : std::string::npos;
}

}  // namespace

bool is_video_name(const std::filesystem::path& path) {
  static constexpr std::array known{".mp4", ".m4v", ".mov", ".mkv",  ".webm",  ".avi",  ".mpg", ".mpeg",
                                    ".ogv", ".ts",  ".mts", ".m2ts", ".3gp",   ".3g2",  ".wmv", ".asf",
                                    ".flv", ".gif", ".vob", ".mxf",  ".mjpeg", ".mjpg", ".y4m", ".divx"};
  std::string extension = path.extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return std::find(known.begin(), known.end(), extension) != known.end();
}

bool is_stream_address(const std::string& text) { return scheme_end(text) != std::string::npos; }

std::string shown_address(const std::string& address) {
  const size_t scheme = scheme_end(address);
  if (scheme == std::string::npos) return address;
  const size_t host = scheme + 3, path = std::min(address.find_first_of("/?#", host), address.size());
  const size_t at = address.rfind('@', path);
  const size_t colon = address.find(':', host);
  if (at == std::string::npos || at < host || colon > at) return address;
  return address.substr(0, colon) + ":***" + address.substr(at);
}

#ifndef FOCUS_DETR_FFMPEG
std::unique_ptr<Video> open_video(const std::filesystem::path& path) {
  fail("{}: this program was built without FFmpeg, which reads videos", path.string());
}

std::unique_ptr<Video> open_stream(const std::string& address, const StreamSettings&) {
  fail("{}: this program was built without FFmpeg, which reads streams", shown_address(address));
}
#endif

}  // namespace focus::data
