// Image files as other programs write them, byte by byte: what OpenCV does not write.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace focus::test {

using Bytes = std::vector<uint8_t>;

inline void append(Bytes& bytes, std::string_view text) {
  bytes.insert(bytes.end(), text.begin(), text.end());
}
inline void append(Bytes& bytes, const Bytes& more) { bytes.insert(bytes.end(), more.begin(), more.end()); }

inline void append_number(Bytes& bytes, uint64_t value, size_t count, bool big_endian) {
  for (size_t i = 0; i < count; ++i) {
    bytes.push_back(static_cast<uint8_t>(value >> 8 * (big_endian ? count - 1 - i : i)));
  }
}

/// Small files that other programs wrote.
inline Bytes from_base64(std::string_view text) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  Bytes bytes;
  uint32_t held = 0;
  int bits = 0;
  for (const char digit : text.substr(0, text.find('='))) {
    held = held << 6 | static_cast<uint32_t>(kDigits.find(digit));
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes.push_back(static_cast<uint8_t>(held >> bits));
  }
  return bytes;
}

/// A field of a TIFF directory whose values are all written with `bytes` bytes: 2 (SHORT) or 4 (LONG).
struct TiffValues {
  uint16_t tag;
  std::vector<uint32_t> values;
  size_t bytes = 4;
};

/// A directory and the pixels, which its StripOffsets are to name.
struct TiffPage {
  std::vector<TiffValues> fields;  ///< In the order of their tags; 273 gets its value here.
  Bytes pixels;
};

/// A classic TIFF file of some pages.
inline Bytes tiff_file(std::vector<TiffPage> pages, bool big_endian) {
  Bytes file;
  append(file, big_endian ? "MM" : "II");
  append_number(file, 42, 2, big_endian);
  append_number(file, 8, 4, big_endian);
  for (size_t p = 0; p < pages.size(); ++p) {
    auto& [fields, pixels] = pages[p];
    const size_t after_directory = file.size() + 2 + 12 * fields.size() + 4;
    Bytes outside;
    for (auto& field : fields) {
      const size_t size = field.bytes * field.values.size();
      if (size > 4) outside.insert(outside.end(), size + size % 2, 0);
    }
    const size_t pixels_at = after_directory + outside.size();
    outside.clear();
    append_number(file, fields.size(), 2, big_endian);
    for (auto& field : fields) {
      if (field.tag == 273) field.values = {static_cast<uint32_t>(pixels_at)};
      append_number(file, field.tag, 2, big_endian);
      append_number(file, field.bytes == 2 ? 3 : 4, 2, big_endian);
      append_number(file, field.values.size(), 4, big_endian);
      Bytes values;
      for (const uint32_t value : field.values) append_number(values, value, field.bytes, big_endian);
      if (values.size() > 4) {
        append_number(file, after_directory + outside.size(), 4, big_endian);
        values.resize(values.size() + values.size() % 2);
        append(outside, values);
      } else {
        values.resize(4);
        append(file, values);
      }
    }
    const size_t next = pixels_at + pixels.size() + pixels.size() % 2;
    append_number(file, p + 1 < pages.size() ? next : 0, 4, big_endian);
    append(file, outside);
    append(file, pixels);
    file.resize(file.size() + pixels.size() % 2);
  }
  return file;
}

/// EXIF data with an orientation among other fields.
inline Bytes exif_data(uint32_t orientation, bool big_endian = true, size_t bytes = 2) {
  return tiff_file({{{{271, {0x66, 0x6F, 0x63}, 4}, {274, {orientation}, bytes}, {296, {2}, 2}}, {}}},
                   big_endian);
}

inline Bytes jpeg_with_exif(const Bytes& jpeg, const Bytes& exif) {
  Bytes bytes(jpeg.begin(), jpeg.begin() + 2);
  append(bytes, "\xFF\xE1");
  append_number(bytes, exif.size() + 8, 2, true);
  append(bytes, {"Exif\0\0", 6});
  append(bytes, exif);
  bytes.insert(bytes.end(), jpeg.begin() + 2, jpeg.end());
  return bytes;
}

inline uint32_t png_checksum(const Bytes& bytes, size_t from) {
  uint32_t crc = 0xFFFFFFFF;
  for (size_t i = from; i < bytes.size(); ++i) {
    crc ^= bytes[i];
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320 : 0);
  }
  return ~crc;
}

inline Bytes png_chunk(std::string_view type, const Bytes& data) {
  Bytes chunk;
  append_number(chunk, data.size(), 4, true);
  append(chunk, type);
  append(chunk, data);
  append_number(chunk, png_checksum(chunk, 4), 4, true);
  return chunk;
}

/// A chunk behind the header, or before the end.
inline Bytes png_with_chunk(const Bytes& png, const Bytes& chunk, bool at_the_end = false) {
  const auto place = at_the_end ? png.end() - 12 : png.begin() + 33;
  Bytes bytes(png.begin(), place);
  append(bytes, chunk);
  bytes.insert(bytes.end(), place, png.end());
  return bytes;
}

/// An extended WebP of the image in a simple one, with EXIF data.
inline Bytes webp_with_exif(const Bytes& webp, int height, int width, const Bytes& exif) {
  Bytes chunks;
  append(chunks, "WEBPVP8X");
  append_number(chunks, 10, 4, false);
  append_number(chunks, 8, 4, false);  // There are EXIF data.
  append_number(chunks, static_cast<uint64_t>(width - 1), 3, false);
  append_number(chunks, static_cast<uint64_t>(height - 1), 3, false);
  chunks.insert(chunks.end(), webp.begin() + 12, webp.end());
  append(chunks, "EXIF");
  append_number(chunks, exif.size(), 4, false);
  append(chunks, exif);
  chunks.resize(chunks.size() + exif.size() % 2);
  Bytes bytes;
  append(bytes, "RIFF");
  append_number(bytes, chunks.size(), 4, false);
  append(bytes, chunks);
  return bytes;
}

/// How the samples of a TIFF lie.
struct TiffLayout {
  uint32_t height = 0, width = 0;
  uint32_t samples = 3, bits = 8, photometric = 2;
  uint32_t orientation = 1, number = 1, subfile = 0;
  bool big_endian = false;
};

/// A page without compression; `pixels` row by row, samples in the file's byte order.
inline TiffPage tiff_page(const TiffLayout& layout, Bytes pixels) {
  const auto size = static_cast<uint32_t>(pixels.size());
  std::vector<TiffValues> fields{{254, {layout.subfile}},
                                 {256, {layout.width}},
                                 {257, {layout.height}},
                                 {258, std::vector<uint32_t>(layout.samples, layout.bits), 2},
                                 {259, {1}, 2},
                                 {262, {layout.photometric}, 2},
                                 {273, {0}},
                                 {274, {layout.orientation}, 2},
                                 {277, {layout.samples}, 2},
                                 {278, {layout.height}},
                                 {279, {size}}};
  const uint32_t colours = layout.photometric == 2 ? 3 : layout.photometric == 5 ? 4 : 1;
  if (layout.samples > colours) {
    fields.push_back(
        {338, std::vector<uint32_t>(layout.samples - colours, 2), 2});  // Alpha that is no factor.
  }
  fields.push_back({339, std::vector<uint32_t>(layout.samples, layout.number), 2});
  return {std::move(fields), std::move(pixels)};
}

}  // namespace focus::test
