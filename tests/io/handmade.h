// Files made byte by byte, so that tests can make wrong ones.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/files.h"
#include "support/temporary_folder.h"

namespace focus::test {

inline std::string little_endian(uint64_t value, int bytes) {
  std::string text;
  for (int i = 0; i < bytes; ++i) text += static_cast<char>((i < 8 ? value >> (8 * i) : 0) & 0xff);
  return text;
}

inline uint32_t crc32(const std::string& bytes) {
  uint32_t crc = ~0u;
  for (const char c : bytes) {
    crc ^= static_cast<uint8_t>(c);
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
  }
  return ~crc;
}

/// An entry of a zip file; what is not given follows from the content.
struct ZipItem {
  std::string name, content;
  int method = 0, flags = 0;
  int64_t size = -1, packed = -1, crc = -1;
};

inline std::string make_zip(const std::vector<ZipItem>& items) {
  std::string files, index;
  for (const ZipItem& item : items) {
    const uint64_t packed = item.packed < 0 ? item.content.size() : static_cast<uint64_t>(item.packed);
    const uint64_t size = item.size < 0 ? item.content.size() : static_cast<uint64_t>(item.size);
    const uint64_t crc = item.crc < 0 ? crc32(item.content) : static_cast<uint64_t>(item.crc);
    const std::string common = little_endian(20, 2) + little_endian(static_cast<uint64_t>(item.flags), 2) +
                               little_endian(static_cast<uint64_t>(item.method), 2) + little_endian(0, 4) +
                               little_endian(crc, 4) + little_endian(packed, 4) + little_endian(size, 4) +
                               little_endian(item.name.size(), 2) + little_endian(0, 2);
    index += "PK\1\2" + little_endian(20, 2) + common + little_endian(0, 10) +
             little_endian(files.size(), 4) + item.name;
    files += "PK\3\4" + common + item.name + item.content;
  }
  return files + index + "PK\5\6" + little_endian(0, 4) + little_endian(items.size(), 2) +
         little_endian(items.size(), 2) + little_endian(index.size(), 4) + little_endian(files.size(), 4) +
         little_endian(0, 2);
}

/// Instructions of pickles.
inline std::string text(const std::string& content) {
  return "X" + little_endian(content.size(), 4) + content;
}
inline std::string number(uint64_t value) { return "\x8a\x08" + little_endian(value, 8); }
inline std::string global(const std::string& module, const std::string& name) {
  return "c" + module + "\n" + name + "\n";
}
inline std::string tuple(const std::vector<uint64_t>& numbers) {
  std::string made = "(";
  for (const uint64_t value : numbers) made += number(value);
  return made + "t";
}

/// A tensor as torch.save describes it.
struct PickledTensor {
  std::string storage = "FloatStorage", key = "0";
  uint64_t elements = 6, offset = 0;
  std::vector<uint64_t> sizes{2, 3}, strides{3, 1};
  std::string part;  ///< Instructions for a sixth item of the storage's id.

  std::string bytes() const {
    return global("torch._utils", "_rebuild_tensor_v2") + "((" + text("storage") + global("torch", storage) +
           text(key) + text("cpu") + number(elements) + part + "tQ" + number(offset) + tuple(sizes) +
           tuple(strides) + "\x89" + global("collections", "OrderedDict") + ")RtR";
  }
};

/// A pickled dictionary of these names and instructions.
inline std::string dict(const std::vector<std::pair<std::string, std::string>>& items) {
  std::string made = "}(";
  for (const auto& [name, value] : items) made += text(name) + value;
  return made + "u";
}

inline std::string pickle(const std::string& value) { return "\x80\x02" + value + "."; }

/// Six floats, 0 to 5.
inline std::string six_floats() {
  const float values[] = {0, 1, 2, 3, 4, 5};
  return std::string(reinterpret_cast<const char*>(values), sizeof(values));
}

inline std::string pytorch_zip(const std::string& pickled, const std::string& storage = six_floats()) {
  return make_zip({{"archive/data.pkl", pickled}, {"archive/data/0", storage}, {"archive/version", "3\n"}});
}

inline std::string legacy_file(const std::string& pickled, const std::string& storages,
                               const std::string& keys = "") {
  const std::string magic = "\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19";
  return pickle(magic) + pickle("M\xe9\x03") + pickle(dict({{"little_endian", "\x88"}})) + pickled +
         pickle("](" + (keys.empty() ? text("0") : keys) + "e") + storages;
}

/// A file that is removed with the test, and what reading it says.
class FileTest : public testing::Test {
 protected:
  void put(const std::string& bytes) const { std::ofstream(path, std::ios::binary) << bytes; }

  template <typename Read>
  std::string error_of(const std::string& bytes, Read read) const {
    put(bytes);
    try {
      read();
    } catch (const focus::Error& error) {
      EXPECT_EQ(std::string(error.what()).rfind(path.string(), 0), 0u)
          << "the file is not named: " << error.what();
      EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos) << error.what();
      EXPECT_LT(std::string(error.what()).size(), 800u);
      return error.what();
    }
    return "";
  }

  focus::test::TemporaryFolder folder;
  std::filesystem::path path = folder.path() / "file";
};

}  // namespace focus::test
