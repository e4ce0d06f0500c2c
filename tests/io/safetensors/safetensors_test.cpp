#include "io/safetensors/safetensors.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <fstream>

#include "base/error.h"
#include "base/files.h"
#include "support/shared_data.h"
#include "support/temporary_folder.h"

namespace {

using focus::io::read_safetensors;
using focus::io::TensorFile;
using focus::io::write_safetensors;

/// A file that is removed with the test.
class Safetensors : public testing::Test {
 protected:
  void put(const std::string& bytes) const { std::ofstream(path, std::ios::binary) << bytes; }
  std::string bytes() const { return focus::read_file(path, 1 << 20); }
  /// The message for a file with this header and data, "" if it is accepted.
  std::string error_of(const std::string& header, size_t data_bytes) const {
    return error_of_file(with_length(header) + std::string(data_bytes, '\1'));
  }
  std::string error_of_file(const std::string& content) const {
    put(content);
    try {
      read_safetensors(path);
    } catch (const focus::Error& error) {
      return error.what();
    }
    return "";
  }
  static std::string with_length(const std::string& header) {
    const uint64_t length = header.size();
    return std::string(reinterpret_cast<const char*>(&length), 8) + header;
  }

  focus::test::TemporaryFolder folder;
  std::filesystem::path path = folder.path() / "a.safetensors";
};

TensorFile small_file() {
  return {{{"b.weight", at::arange(6, at::kFloat).view({2, 3})}, {"a", at::tensor({7, 8}, at::kLong)}},
          {{"architecture", "focus_detr"}}};
}

TEST_F(Safetensors, EveryTypeRoundTrips) {
  TensorFile file;
  for (const auto type : {at::kDouble, at::kFloat, at::kHalf, at::kBFloat16, at::kLong, at::kInt, at::kShort,
                          at::kChar, at::kByte, at::kBool}) {
    file.tensors[std::string(c10::toString(type))] = at::arange(-3, 4).to(type);
  }
  file.tensors["scalar"] = at::scalar_tensor(2.5);
  file.tensors["empty"] = at::empty({0, 3});
  file.tensors["transposed"] = at::arange(6).view({2, 3}).t();
  file.tensors["needs gradient"] = at::ones({2}).requires_grad_();
  file.metadata = {{"k", "v\n\"ü"}, {"", ""}};
  write_safetensors(path, file);
  const TensorFile back = read_safetensors(path);
  EXPECT_EQ(back.metadata, file.metadata);
  ASSERT_EQ(back.tensors.size(), file.tensors.size());
  for (const auto& [name, tensor] : file.tensors) {
    const at::Tensor& read = back.tensors.at(name);
    EXPECT_EQ(read.scalar_type(), tensor.scalar_type()) << name;
    EXPECT_EQ(read.sizes(), tensor.sizes()) << name;
    EXPECT_TRUE(read.is_contiguous()) << name;
    EXPECT_TRUE(at::equal(read, tensor)) << name;
  }
}

TEST_F(Safetensors, BytesAreTheFormatsAndTheSameEveryTime) {
  write_safetensors(path, small_file());
  const std::string header =
      R"({"__metadata__":{"architecture":"focus_detr"},"a":{"data_offsets":[0,16],"dtype":"I64","shape":[2]},)"
      R"("b.weight":{"data_offsets":[16,40],"dtype":"F32","shape":[2,3]}})";
  std::string expected = with_length(header + std::string((8 - header.size() % 8) % 8, ' '));
  const int64_t a[] = {7, 8};
  const float b[] = {0, 1, 2, 3, 4, 5};
  expected += std::string(reinterpret_cast<const char*>(a), sizeof(a));
  expected += std::string(reinterpret_cast<const char*>(b), sizeof(b));
  EXPECT_EQ(bytes(), expected);
}

TEST_F(Safetensors, TensorsOutliveTheFile) {
  write_safetensors(path, small_file());
  const TensorFile back = read_safetensors(path);
  put("");
  EXPECT_EQ(back.tensors.at("b.weight").sum().item<float>(), 15);
}

TEST_F(Safetensors, HostileHeadersAreNamed) {
  const auto entry = [](const char* dtype, const char* shape, const char* offsets) {
    return std::string(R"({"t":{"dtype":")") + dtype + R"(","shape":)" + shape + R"(,"data_offsets":)" +
           offsets + "}}";
  };
  EXPECT_EQ(error_of(entry("F32", "[2]", "[0,8]"), 8), "");
  const struct {
    std::string header;
    size_t data_bytes;
    const char* message;
  } cases[] = {
      {"", 0, "does not begin with '{'"},
      {"[]", 0, "does not begin with '{'"},
      {"{\"t\":", 0, "not JSON"},
      {"{\"\xff\":1}", 0, "not JSON"},
      {"{}{}", 0, "not JSON"},
      {R"({"t":1})", 0, "expected an object, found number"},
      {R"({"t":{}})", 0, "field 'dtype' is missing"},
      {R"({"__metadata__":{"a":1}})", 0, "__metadata__ field 'a' is not a string"},
      {R"({"__metadata__":[]})", 0, "__metadata__ is not an object"},
      {R"({"t":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"t":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}})",
       1, "'t' comes twice"},
      {R"({"t":{"dtype":"U8","dtype":"I8","shape":[1],"data_offsets":[0,1]}})", 1, "'dtype' comes twice"},
      {entry("f8_e4m3", "[2]", "[0,2]"), 2, "dtype 'f8_e4m3' is not one of"},
      {entry("", "[2]", "[0,2]"), 2, "dtype '' is not one of"},
      {entry("F8_E4M3", "[2]", "[0,3]"), 3, "hold 3 bytes, but shape '[2]' of F8_E4M3 needs 2"},
      {entry("U32", "[2]", "[0,2]"), 2, "hold 2 bytes, but shape '[2]' of U32 needs 8"},
      {entry("F4", "[3]", "[0,2]"), 2, "shape '[3]' of 'F4' does not fill whole bytes"},
      {entry("C64", "[4611686018427387904]", "[0,0]"), 0, "too large"},
      {entry("F99_E9", "[2]", "[0,2]"), 1, "lie outside"},
      {entry("F32", "[-2]", "[0,8]"), 8, "not a size"},
      {entry("F32", "[2.0]", "[0,8]"), 8, "not a size"},
      {entry("F32", "[\"2\"]", "[0,8]"), 8, "not a size"},
      {entry("F32", "[18446744073709551615]", "[0,8]"), 8, "not a size"},
      {entry("F32", "[99999999999999999999999]", "[0,8]"), 8, "not a size"},
      {entry("F32", "[4611686018427387904,2]", "[0,0]"), 0, "too large"},
      {entry("F32", "[0,4611686018427387904,4611686018427387904]", "[0,0]"), 0, "too large"},
      {entry("F32", "2", "[0,8]"), 8, "'shape' is not a list"},
      {entry("F32", "[2]", "[0]"), 8, "not [begin, end]"},
      {entry("F32", "[2]", "[-8,0]"), 8, "not [begin, end]"},
      {entry("F32", "[2]", "[8,0]"), 8, "lie outside"},
      {entry("F32", "[2]", "[0,8]"), 7, "is the file complete?"},
      {entry("F32", "[2]", "[0,4]"), 4, "hold 4 bytes, but shape '[2]' of F32 needs 8"},
      {entry("F32", "[1099511627776]", "[0,8]"), 8, "needs 4398046511104"},
      {entry("F32", "[2]", "[0,8]"), 9, "the file has 9 bytes of data, its tensors take 8"},
      {entry("F32", "[2]", "[4,12]"), 12, "there is a gap"},
      {R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}})",
       3, "they overlap"},
      {"{\"t\":" + std::string(100'000, '['), 0, "nested deeper"},
  };
  for (const auto& c : cases) {
    const std::string error = error_of(c.header, c.data_bytes);
    EXPECT_NE(error, "") << c.header.substr(0, 200);
    EXPECT_NE(error.find(c.message), std::string::npos) << error;
    EXPECT_EQ(error.rfind(path.string(), 0), 0u) << "the file is not named: " << error;
    EXPECT_LT(error.size(), 500u);
    EXPECT_EQ(error.find('\n'), std::string::npos) << error;
  }
}

TEST_F(Safetensors, TensorsOfTypesItLacksAreListedAndNoReasonToRefuse) {
  // All that safetensors 0.8 has beside those that are read, and one of a later version: shape, then bytes.
  const struct {
    const char *dtype, *shape;
    int bytes;
  } types[] = {{"U16", "[3]", 6},        {"U32", "[3]", 12},        {"U64", "[2]", 16},
               {"C64", "[2]", 16},       {"F8_E4M3", "[2,3]", 6},   {"F8_E5M2", "[4]", 4},
               {"F8_E8M0", "[4]", 4},    {"F8_E4M3FNUZ", "[4]", 4}, {"F8_E5M2FNUZ", "[4]", 4},
               {"F6_E2M3", "[4]", 3},    {"F6_E3M2", "[8]", 6},     {"F4", "[2,3]", 3},
               {"F3_OF_LATER", "[7]", 5}};
  std::string header = R"({"__metadata__":null,"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]})";
  int end = 8;
  for (const auto& type : types) {
    header += fmt::format(R"(,"{0}":{{"dtype":"{0}","shape":{1},"data_offsets":[{2},{3}]}})", type.dtype,
                          type.shape, end, end + type.bytes);
    end += type.bytes;
  }
  ASSERT_EQ(error_of(header + "}", static_cast<size_t>(end)), "");
  const TensorFile file = read_safetensors(path);
  EXPECT_EQ(file.tensors.size(), 1u);
  EXPECT_EQ(file.tensors.at("w").numel(), 2);
  EXPECT_TRUE(file.metadata.empty()) << "null stands for none";
  EXPECT_EQ(file.unread.size(), std::size(types));
  for (const auto& type : types) EXPECT_EQ(file.unread.at(type.dtype), type.dtype);
}

TEST_F(Safetensors, NamesThatSaveModelLeftOutComeBack) {
  TensorFile file{{{"head.0", at::ones({2})}, {"other", at::zeros({1})}},
                  {{"head.1", "head.0"}, {"other", "head.0"}, {"format", "pt"}, {"lost", "nowhere"}}};
  file.unread["tiny.0"] = "F4";
  file.metadata["tiny.1"] = "tiny.0";
  focus::io::restore_aliases(file);
  ASSERT_EQ(file.tensors.size(), 3u);
  EXPECT_TRUE(file.tensors.at("head.1").is_same(file.tensors.at("head.0")));
  EXPECT_EQ(file.tensors.at("other").numel(), 1) << "a tensor that is there is no alias";
  EXPECT_EQ(file.unread.at("tiny.1"), "F4");
  EXPECT_EQ(file.metadata,
            (std::map<std::string, std::string>{{"format", "pt"}, {"lost", "nowhere"}, {"other", "head.0"}}));
}

TEST_F(Safetensors, ShapesOfTooManyDimensions) {
  std::string shape = "[1";
  for (int i = 0; i < 100; ++i) shape += ",1";
  EXPECT_NE(error_of(R"({"t":{"dtype":"U8","shape":)" + shape + R"(],"data_offsets":[0,1]}})", 1)
                .find("64 dimensions"),
            std::string::npos);
}

TEST_F(Safetensors, LengthsThatDoNotFitTheFile) {
  EXPECT_NE(error_of_file("").find("only 0 bytes"), std::string::npos);
  EXPECT_NE(error_of_file("1234567").find("only 7 bytes"), std::string::npos);
  EXPECT_NE(error_of_file(std::string(8, '\xff') + "{}").find("the format allows"), std::string::npos);
  EXPECT_NE(error_of_file(std::string("\3\0\0\0\0\0\0\0{}", 10)).find("beyond the end"), std::string::npos);
  EXPECT_EQ(error_of_file(std::string("\3\0\0\0\0\0\0\0{} ", 11)), "");
}

TEST_F(Safetensors, EveryTruncationIsRefused) {
  write_safetensors(path, small_file());
  const std::string whole = bytes();
  for (size_t length = 0; length < whole.size(); ++length) {
    EXPECT_NE(error_of_file(whole.substr(0, length)), "") << length;
  }
}

TEST_F(Safetensors, FlippedBitsInTheHeaderNeverCrash) {
  write_safetensors(path, small_file());
  const std::string whole = bytes();
  int refused = 0, flips = 0;
  for (size_t at = 0; at < whole.size() - 40; ++at) {
    for (const int mask : {1, 8, 32, 128}) {
      std::string damaged = whole;
      damaged[at] = static_cast<char>(damaged[at] ^ mask);
      ++flips;
      refused += !error_of_file(damaged).empty();
    }
  }
  // Accepted are flips within a tensor's name, metadata and padding.
  EXPECT_GT(refused, flips / 2);
}

TEST_F(Safetensors, BoolBytesBecomeZeroOrOne) {
  ASSERT_EQ(error_of_file(with_length(R"({"t":{"dtype":"BOOL","shape":[3],"data_offsets":[0,3]}})") +
                          std::string("\0\1\xfe", 3)),
            "");
  const at::Tensor read = read_safetensors(path).tensors.at("t");
  EXPECT_TRUE(at::equal(read, at::tensor({0, 1, 1}).to(at::kBool)));
  EXPECT_EQ(static_cast<const uint8_t*>(read.data_ptr())[2], 1);
}

TEST_F(Safetensors, WhatTheFormatCannotHoldIsRefused) {
  const auto error_of_tensor = [&](const std::string& name, const at::Tensor& tensor) -> std::string {
    try {
      write_safetensors(path, {{{name, tensor}}, {}});
    } catch (const focus::Error& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_NE(error_of_tensor("t", at::zeros({2}, at::kComplexFloat)).find("cannot hold"), std::string::npos);
  EXPECT_NE(error_of_tensor("t", at::zeros({2, 2}).to_sparse()).find("cannot hold"), std::string::npos);
  EXPECT_NE(error_of_tensor("t", {}).find("undefined"), std::string::npos);
  EXPECT_NE(error_of_tensor("__metadata__", at::zeros({2})).find("rename it"), std::string::npos);
  EXPECT_NE(error_of_tensor("\xff", at::zeros({2})).find("UTF-8"), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST_F(Safetensors, FilesOfOthersAreRead) {
  FOCUS_NEEDS_SHARED_DATA();
  const TensorFile file = read_safetensors(focus::test::shared_dir() / "golden" / "units.safetensors");
  EXPECT_GT(file.tensors.size(), 10u);
  for (const auto& [name, tensor] : file.tensors) {
    if (tensor.is_floating_point()) {
      EXPECT_FALSE(at::isnan(tensor).any().item<bool>()) << name;
    }
  }
}

TEST_F(Safetensors, PlannedTensorsAreWrittenInTheirOrderOneByOne) {
  const std::vector<focus::io::PlannedTensor> plan{
      {"b", at::kByte, {2, 3}}, {"a", at::kLong, {1}}, {"c", at::kByte, {0}}};
  size_t asked = 0;
  write_safetensors(path, plan, {{"key", "value"}}, [&](size_t i) {
    EXPECT_EQ(i, asked++);
    return at::full(plan[i].shape, static_cast<int64_t>(i) + 1, plan[i].dtype);
  });
  const auto read = read_safetensors(path);
  EXPECT_EQ(read.metadata.at("key"), "value");
  EXPECT_TRUE(read.tensors.at("a").equal(at::full({1}, 2, at::kLong)));
  EXPECT_TRUE(read.tensors.at("b").equal(at::full({2, 3}, 1, at::kByte)));
  EXPECT_NE(bytes().find(R"("b":{"data_offsets":[0,6])"), std::string::npos) << "first, though named second";

  const auto error = [&](const std::vector<focus::io::PlannedTensor>& wrong) -> std::string {
    try {
      write_safetensors(path, wrong, {}, [](size_t) { return at::zeros({2}, at::kByte); });
    } catch (const focus::Error& thrown) {
      return thrown.what();
    }
    return "";
  };
  EXPECT_EQ(error({{"x", at::kByte, {2}}}), "");
  EXPECT_NE(error({{"x", at::kByte, {2}}, {"x", at::kByte, {2}}}).find("'x' comes twice"), std::string::npos);
  EXPECT_NE(error({{"x", at::kByte, {3}}}).find("planned"), std::string::npos);
  EXPECT_NE(error({{"x", at::kChar, {2}}}).find("planned"), std::string::npos);
  EXPECT_NE(error({{"x", at::kByte, {-1}}}).find("negative"), std::string::npos);
  EXPECT_EQ(read_safetensors(path).tensors.size(), 1u) << "the good file stayed";
}

TEST_F(Safetensors, MappedTensorsAreThoseOfTheFileAndStay) {
  write_safetensors(
      path, {{{"a", at::arange(6, at::kByte).view({2, 3})}, {"b", at::ones({4})}}, {{"key", "value"}}});
  std::shared_ptr<const std::byte> memory;
  const std::byte* data = nullptr;
  {
    const focus::io::MappedTensors mapped(path);
    EXPECT_EQ(mapped.metadata().at("key"), "value");
    ASSERT_EQ(mapped.entries().size(), 2u);
    const auto& entry = mapped.entries().at("a");
    EXPECT_EQ(entry.dtype, at::kByte);
    EXPECT_EQ(entry.shape, (std::vector<int64_t>{2, 3}));
    memory = mapped.memory();
    data = entry.data;
  }
  std::filesystem::remove(path);
  for (int i = 0; i < 6; ++i) EXPECT_EQ(static_cast<int>(data[i]), i);
}

TEST_F(Safetensors, MappedFilesAreCheckedAsReadOnes) {
  for (const std::string& content :
       {std::string(), std::string("short"),
        with_length(R"({"a":{"dtype":"U8","shape":[9],"data_offsets":[0,9]}})") + "12345678"}) {
    const auto expected = error_of_file(content);
    ASSERT_NE(expected, "");
    try {
      focus::io::MappedTensors mapped(path);
      FAIL() << expected;
    } catch (const focus::Error& error) {
      EXPECT_EQ(error.what(), expected);
    }
  }
}

}  // namespace
