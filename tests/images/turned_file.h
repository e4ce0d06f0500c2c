// Photographs that are to be turned by their EXIF orientation, as cameras write them.
#pragma once

#include <cstdint>
#include <string>

namespace focus::test {

/// A segment of a JPEG file with EXIF data of one field, the orientation.
inline std::string exif_segment(int orientation) {
  using namespace std::string_literals;
  return "\xFF\xE1\0\x22"
         "Exif\0\0MM\0\x2A\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0"s +
         static_cast<char>(orientation) + "\0\0\0\0\0\0"s;
}

/// A JPEG file with EXIF data behind its first two bytes.
inline std::string with_orientation(const std::string& jpeg, int orientation) {
  return jpeg.substr(0, 2) + exif_segment(orientation) + jpeg.substr(2);
}

/// All of a JPEG file that tells its size, and no pixels: what is never decoded.
inline std::string jpeg_without_pixels(int width, int height, int orientation) {
  using namespace std::string_literals;
  const auto two_bytes = [](int value) {
    return std::string{static_cast<char>(value >> 8), static_cast<char>(value & 0xFF)};
  };
  return "\xFF\xD8"s + exif_segment(orientation) + "\xFF\xC0\0\x0B\x08"s + two_bytes(height) +
         two_bytes(width) + "\x01\x01\x11\0"s + "\xFF\xDA\0\x08\x01\x01\0\0\x3F\0"s + "\0"s + "\xFF\xD9"s;
}

}  // namespace focus::test
