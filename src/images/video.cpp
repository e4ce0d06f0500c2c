#include "images/video.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>

#include "base/error.h"
#include "base/files.h"
#include "images/image_paths.h"

namespace focus::images {
namespace {

/// The position of "://"; npos if the text is not an address.
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

using namespace std::string_view_literals;

/// Whether a file begins like a video container, a sound file or a playlist.
bool is_like_video(std::string_view begin) {
  const auto has = [&](size_t at, std::string_view bytes) {
    return begin.size() >= at + bytes.size() && begin.substr(at, bytes.size()) == bytes;
  };
  if (has(4, "ftyp"sv)) {
    // HEIC and AVIF are images in the same container.
    static constexpr std::array kImages{"mif1"sv, "msf1"sv, "heic"sv, "heix"sv, "heim"sv,
                                        "heis"sv, "avif"sv, "avis"sv, "crx "sv};
    return std::none_of(kImages.begin(), kImages.end(),
                        [&](std::string_view brand) { return has(8, brand); });
  }
  if (has(0, "RIFF"sv)) return has(8, "AVI "sv) || has(8, "WAVE"sv);
  constexpr size_t kPacket = 188, kPacketOfDisc = 192;
  const bool is_transport_stream = (has(0, "G"sv) && has(kPacket, "G"sv) && has(2 * kPacket, "G"sv)) ||
                                   (has(4, "G"sv) && has(4 + kPacketOfDisc, "G"sv));
  static constexpr std::array kBeginnings{"\x1A\x45\xDF\xA3"sv,
                                          "FLV\1"sv,
                                          "OggS"sv,
                                          "\x30\x26\xB2\x75"sv,
                                          "GIF87a"sv,
                                          "GIF89a"sv,
                                          "\0\0\1\xBA"sv,
                                          "\0\0\1\xB3"sv,
                                          "ID3"sv,
                                          "fLaC"sv,
                                          "#EXTM3U"sv,
                                          "ffconcat"sv,
                                          "YUV4MPEG2"sv,
                                          "DKIF"sv};
  return is_transport_stream || has(4, "moov"sv) || has(4, "mdat"sv) || has(4, "wide"sv) ||
         has(4, "free"sv) || std::any_of(kBeginnings.begin(), kBeginnings.end(), [&](std::string_view bytes) {
           return has(0, bytes);
         });
}

}  // namespace

bool is_video_file(const std::filesystem::path& path) {
  if (is_video_name(path)) return true;
  return !is_image_name(path) && is_like_video(read_begin(path, 512));
}

bool is_video_name(const std::filesystem::path& path) {
  static constexpr std::array known{
      ".mp4", ".m4v", ".mov", ".mkv",  ".webm", ".avi",  ".mpg", ".mpeg", ".ogv",   ".ts",   ".mts", ".m2ts",
      ".3gp", ".3g2", ".wmv", ".asf",  ".flv",  ".gif",  ".vob", ".mxf",  ".mjpeg", ".mjpg", ".y4m", ".divx",
      ".f4v", ".ogg", ".m2v", ".h264", ".h265", ".hevc", ".264", ".265",  ".ivf",   ".nut",  ".dv"};
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

}  // namespace focus::images
