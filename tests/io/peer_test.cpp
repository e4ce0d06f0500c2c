// Files that PyTorch and numpy write, and PyTorch reading ours.
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "io/handmade.h"
#include "io/pytorch/pytorch_writer.h"
#include "io/weights_file.h"

namespace {

using focus::io::read_weights;
using focus::io::WeightsFile;

/// A Python that has PyTorch, "" if there is none.
std::string python() {
  for (const char* name : {"/usr/bin/python3", "python3"}) {
    const std::string command = std::string(name) + " -c 'import torch, numpy' >/dev/null 2>&1";
    if (std::system(command.c_str()) == 0) return name;
  }
  return "";
}

class Peer : public testing::Test {
 protected:
  void SetUp() override {
    if (python_.empty()) GTEST_SKIP() << "skipped: no python3-torch";
  }
  int run(const std::string& subcommand, const std::filesystem::path& argument) const {
    return std::system((python_ + " -W ignore '" FOCUS_DETR_SOURCE_DIR "/tests/io/peer.py' " + subcommand +
                        " '" + argument.string() + "'")
                           .c_str());
  }

  static inline const std::string python_ = python();
  focus::test::TemporaryFolder folder;
};

std::string hex_of(const at::Tensor& tensor) {
  const at::Tensor data = tensor.contiguous();
  const auto* bytes = static_cast<const uint8_t*>(data.data_ptr());
  std::string hex;
  for (size_t i = 0; i < data.nbytes(); ++i) hex += fmt::format("{:02x}", bytes[i]);
  return hex;
}

const char* dtype_name(at::ScalarType type) {
  switch (type) {
    case at::kDouble:
      return "float64";
    case at::kFloat:
      return "float32";
    case at::kHalf:
      return "float16";
    case at::kBFloat16:
      return "bfloat16";
    case at::kLong:
      return "int64";
    case at::kInt:
      return "int32";
    case at::kShort:
      return "int16";
    case at::kChar:
      return "int8";
    case at::kByte:
      return "uint8";
    case at::kBool:
      return "bool";
    default:
      return "another";
  }
}

TEST_F(Peer, TheirFilesAreReadBitByBit) {
  ASSERT_EQ(run("write", folder.path()), 0);
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
    if (entry.path().extension() != ".pth") continue;
    SCOPED_TRACE(entry.path().filename().string());
    ++files;
    WeightsFile file;
    ASSERT_NO_THROW(file = read_weights(entry.path()));
    auto expected_path = entry.path();
    const auto expected =
        nlohmann::json::parse(focus::read_file(expected_path.replace_extension(".json"), 1 << 24));
    EXPECT_EQ(file.tensors.size(), expected.size());
    EXPECT_TRUE(file.skipped.empty());
    for (const auto& [name, tensor] : expected.items()) {
      ASSERT_EQ(file.tensors.count(name), 1u) << name;
      const at::Tensor& read = file.tensors.at(name);
      EXPECT_EQ(dtype_name(read.scalar_type()), tensor["dtype"]) << name;
      EXPECT_EQ(read.sizes().vec(), tensor["shape"].get<std::vector<int64_t>>()) << name;
      EXPECT_EQ(hex_of(read), tensor["hex"].get<std::string>()) << name;
    }
    const std::string kind = entry.path().stem().string();
    const std::string format = file.format;
    EXPECT_EQ(kind.substr(0, 3), format == "pytorch"          ? "zip"
                                 : format == "pytorch-legacy" ? "old"
                                 : format == "npz"            ? "npz"
                                                              : "num");
    if (kind == "zip-plain-2" || kind == "old-plain-2") {
      EXPECT_TRUE(file.tensors.at("views.whole").is_alias_of(file.tensors.at("views.turned")));
    }
    if (kind == "zip-training" || kind == "old-training") {
      EXPECT_EQ(file.metadata.at("epoch"), "11");
      EXPECT_EQ(file.metadata.at("author"), "ünï");
    }
    if (kind == "numpy-2") {
      EXPECT_EQ(file.metadata.at("__author__"), "someone");
    }
  }
  EXPECT_GT(files, 20);
}

TEST_F(Peer, OursIsReadByThem) {
  std::map<std::string, at::Tensor> tensors;
  const std::pair<const char*, at::ScalarType> types[] = {
      {"float64", at::kDouble}, {"float32", at::kFloat}, {"float16", at::kHalf}, {"bfloat16", at::kBFloat16},
      {"int64", at::kLong},     {"int32", at::kInt},     {"int16", at::kShort},  {"int8", at::kChar},
      {"uint8", at::kByte},     {"bool", at::kBool}};
  for (const auto& [name, type] : types) {
    tensors[std::string("types.") + name] = at::arange(-3, 9).to(type).view({3, 4});
  }
  const at::Tensor base = at::arange(24, at::kFloat);
  tensors["views.whole"] = base;
  tensors["views.rows"] = base.view({4, 6}).slice(0, 1, 3);
  tensors["views.turned"] = base.view({4, 6}).t();
  tensors["views.strided"] = base.slice(0, 1, at::nullopt, 5);
  tensors["scalar"] = at::scalar_tensor(2.5);
  tensors["empty"] = at::empty({0, 3});
  tensors["one.with.stride"] = base.view({24, 1}).slice(0, 3, 4);
  const uint32_t special[] = {0x7fc00000, 0x7f800000, 0x80000000, 1};
  tensors["special"] = at::empty({4});
  std::memcpy(tensors["special"].data_ptr(), special, sizeof(special));
  const auto path = folder.path() / "ours.pth";
  focus::io::write_pytorch(path, tensors);
  EXPECT_EQ(run("check", path), 0);
  focus::io::write_pytorch(path, tensors, {{"remark", "text beside the tensors"}});
  EXPECT_EQ(run("check", path), 0);
}

}  // namespace
