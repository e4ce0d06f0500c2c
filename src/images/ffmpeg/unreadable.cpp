#include "images/ffmpeg/unreadable.h"

#include <array>
#include <cstdint>
#include <fstream>
#include <string_view>

namespace focus::images::ffmpeg {
namespace {

constexpr const char* kNoVideo = "not a readable video; convert it, for instance to MP4 with H.264";

uint64_t big_endian(std::string_view bytes) {
  uint64_t value = 0;
  for (const char byte : bytes) value = value << 8 | static_cast<uint8_t>(byte);
  return value;
}

std::string bytes_at(std::ifstream& file, uint64_t from, size_t count) {
  std::string bytes(count, '\0');
  file.clear();
  file.seekg(static_cast<std::streamoff>(from));
  file.read(bytes.data(), static_cast<std::streamsize>(count));
  bytes.resize(static_cast<size_t>(file.gcount()));
  return bytes;
}

/// Facts about the boxes of an MP4.
struct Boxes {
  bool is_mp4 = false;     ///< the first box is of a type that MP4 files begin with
  bool has_index = false;  ///< and it is complete
  bool is_cut = false;     ///< the last box goes beyond the file's end
};

Boxes boxes_of(std::ifstream& file, uint64_t size) {
  constexpr std::array<std::string_view, 8> kFirst{"ftyp", "moov", "mdat", "free",
                                                   "skip", "wide", "pnot", "styp"};
  constexpr int kMost = 10000;
  Boxes boxes;
  uint64_t from = 0;
  for (int i = 0; i < kMost && from + 8 <= size; ++i) {
    const std::string head = bytes_at(file, from, 16);
    if (head.size() < 8) break;
    const std::string_view kind = std::string_view(head).substr(4, 4);
    if (i == 0) {
      for (const auto first : kFirst) boxes.is_mp4 = boxes.is_mp4 || kind == first;
      if (!boxes.is_mp4) return boxes;
    }
    uint64_t length = big_endian(std::string_view(head).substr(0, 4));
    if (length == 1 && head.size() == 16) length = big_endian(std::string_view(head).substr(8));
    if (length == 0) length = size - from;  // To the end.
    if (length < 8) break;
    boxes.is_cut = length > size - from;
    boxes.has_index = boxes.has_index || (kind == "moov" && !boxes.is_cut);
    if (boxes.is_cut) break;
    from += length;
  }
  return boxes;
}

bool is_playlist(std::string_view begin) {
  if (begin.starts_with("\xEF\xBB\xBF")) begin.remove_prefix(3);
  return begin.starts_with("#EXTM3U") || begin.starts_with("ffconcat") || begin.starts_with("[playlist]") ||
         begin.starts_with("v=0") || begin.find("<MPD") != std::string_view::npos ||
         begin.find("<SmoothStreamingMedia") != std::string_view::npos;
}

std::string why_no_index(const Boxes& boxes) {
  return boxes.is_cut
             ? "is truncated: its index (moov), which is at its end, is missing; copy or download it again"
             : "its index (moov) is missing: the recording was not finished, or it is still going on";
}

}  // namespace

std::optional<std::string> missing_index(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::error_code error;
  const auto size = std::filesystem::file_size(path, error);
  if (!file || error) return std::nullopt;
  const Boxes boxes = boxes_of(file, size);
  if (!boxes.is_mp4 || boxes.has_index) return std::nullopt;
  return why_no_index(boxes);
}

std::string why_unreadable(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::error_code error;
  const auto size = std::filesystem::file_size(path, error);
  if (!file || error) return "cannot be opened";
  if (size == 0) return "is empty";
  const std::string begin = bytes_at(file, 0, 2048);
  if (is_playlist(begin)) {
    return "is a playlist whose entries cannot be read: a file never opens an address, only files beside it; "
           "give the address of the playlist itself, or the video";
  }
  const Boxes boxes = boxes_of(file, size);
  if (!boxes.is_mp4) return begin.starts_with("\x1A\x45\xDF\xA3") ? "holds no readable video" : kNoVideo;
  return boxes.has_index ? "holds no video" : why_no_index(boxes);
}

}  // namespace focus::images::ffmpeg
