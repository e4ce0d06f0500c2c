#include "io/pytorch/pytorch_writer.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "io/handmade.h"
#include "io/weights_file.h"

namespace {

using focus::io::read_weights;
using focus::io::write_pytorch;

using Tensors = std::map<std::string, at::Tensor>;
class PytorchWriter : public focus::test::FileTest {};

TEST_F(PytorchWriter, EveryTypeRoundTrips) {
  Tensors tensors;
  for (const auto type : {at::kDouble, at::kFloat, at::kHalf, at::kBFloat16, at::kLong, at::kInt, at::kShort,
                          at::kChar, at::kByte, at::kBool}) {
    tensors[std::string(c10::toString(type))] = at::arange(-3, 4).to(type);
  }
  tensors["scalar"] = at::scalar_tensor(2.5);
  tensors["empty"] = at::empty({0, 3});
  tensors["transposed ü"] = at::arange(6).view({2, 3}).t();
  tensors["needs gradient"] = at::ones({2}).requires_grad_();
  tensors["long"] = at::arange(300);
  write_pytorch(path, tensors);
  const auto back = read_weights(path);
  EXPECT_EQ(back.format, "pytorch");
  EXPECT_TRUE(back.skipped.empty());
  ASSERT_EQ(back.tensors.size(), tensors.size());
  for (const auto& [name, tensor] : tensors) {
    EXPECT_EQ(back.tensors.at(name).scalar_type(), tensor.scalar_type()) << name;
    EXPECT_TRUE(at::equal(back.tensors.at(name), tensor)) << name;
  }
}

TEST_F(PytorchWriter, RemarksLieBesideTheTensors) {
  const std::map<std::string, std::string> remarks{
      {"author", "ünï"}, {"long", std::string(70'000, 'x')}, {"none", ""}};
  write_pytorch(path, {{"a", at::ones({2})}}, remarks);
  const auto back = read_weights(path);
  EXPECT_EQ(back.metadata, remarks);
  ASSERT_EQ(back.tensors.size(), 1U);
  EXPECT_TRUE(at::equal(back.tensors.at("a"), at::ones({2})));
}

TEST_F(PytorchWriter, SharedMemoryStaysShared) {
  const at::Tensor base = at::arange(1000, at::kFloat).view({10, 100});
  write_pytorch(path, {{"a", base}, {"b", base.t()}, {"c", base[3]}, {"d", base}});
  const auto back = read_weights(path);
  for (const char* name : {"b", "c", "d"}) {
    EXPECT_TRUE(back.tensors.at(name).is_alias_of(back.tensors.at("a"))) << name;
  }
  EXPECT_TRUE(at::equal(back.tensors.at("b"), base.t()));
  EXPECT_TRUE(at::equal(back.tensors.at("c"), base[3]));
  EXPECT_LT(std::filesystem::file_size(path), 6000u);
}

TEST_F(PytorchWriter, WhatATensorDoesNotCoverIsNotWritten) {
  const at::Tensor base = at::arange(100'000, at::kFloat);
  write_pytorch(path, {{"a", base.slice(0, 10, 20)}, {"i", base.view(at::kInt).slice(0, 0, 5)}});
  EXPECT_TRUE(at::equal(read_weights(path).tensors.at("a"), base.slice(0, 10, 20)));
  EXPECT_LT(std::filesystem::file_size(path), 6000u);
}

TEST_F(PytorchWriter, TheSameContentGivesTheSameBytes) {
  const Tensors tensors{{"a", at::ones({3})}, {"b", at::zeros({2, 2}, at::kLong)}};
  write_pytorch(path, tensors);
  const std::string first = focus::read_file(path, 1 << 20);
  write_pytorch(path, tensors);
  EXPECT_EQ(focus::read_file(path, 1 << 20), first);
  // Zip files may hold times, in steps of two seconds: none is written.
  size_t entries = 0;
  for (size_t at = 0; (at = first.find("PK\x03\x04", at)) != std::string::npos; at += 4) {
    EXPECT_EQ(first.substr(at + 10, 4), std::string(4, '\0')) << "entry " << entries;
    ++entries;
  }
  EXPECT_GE(entries, 4U) << "the tensors, what they are and the version";
}

TEST_F(PytorchWriter, WhatCannotBeWrittenIsNamed) {
  const auto error = [&](const std::string& name, const at::Tensor& tensor) {
    return error_of("", [&] { write_pytorch(path, {{name, tensor}}); });
  };
  EXPECT_NE(error("t", at::zeros({2}, at::kComplexFloat)).find("tensor 't'"), std::string::npos);
  EXPECT_NE(error("t", at::zeros({2, 2}).to_sparse()).find("dense"), std::string::npos);
  EXPECT_NE(error("t", {}).find("undefined"), std::string::npos);
  EXPECT_NE(error("\xff", at::zeros({2})).find("UTF-8"), std::string::npos);
  EXPECT_THROW(write_pytorch(folder.path() / "missing" / "file", {{"t", at::zeros({2})}}), focus::Error);
  if (std::filesystem::exists("/dev/full")) {
    EXPECT_THROW(write_pytorch("/dev/full", {{"t", at::zeros({100'000})}}), focus::Error);
  }
}

}  // namespace
