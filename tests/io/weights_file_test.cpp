#include "io/weights_file.h"

#include <ATen/ATen.h>

#include "io/handmade.h"
#include "io/safetensors.h"

namespace {

using focus::io::read_weights;
using focus::io::WeightsFile;
using focus::test::dict;
using focus::test::global;
using focus::test::little_endian;
using focus::test::make_zip;
using focus::test::number;
using focus::test::pickle;
using focus::test::PickledTensor;
using focus::test::pytorch_zip;
using focus::test::six_floats;
using focus::test::text;

class Weights : public focus::test::FileTest {
 protected:
  std::string error(const std::string& bytes, const std::string& key = "") const {
    return error_of(bytes, [&] { read_weights(path, key); });
  }
  /// Names of the tensors of a checkpoint, or what is wrong with it.
  std::string names(const std::string& value, const std::string& key = "") const {
    const std::string wrong = error(pytorch_zip(pickle(value)), key);
    if (!wrong.empty()) return wrong;
    std::string all;
    for (const auto& [name, tensor] : read_weights(path, key).tensors) all += name + " ";
    return all;
  }
  const std::string tensor = PickledTensor().bytes();
};

TEST_F(Weights, TheStateDictIsFound) {
  EXPECT_EQ(names(dict({{"a", tensor}, {"b", tensor}})), "a b ");
  const std::string a = dict({{"a", tensor}}), b = dict({{"b", tensor}}), c = dict({{"c", tensor}});
  EXPECT_EQ(names(dict({{"epoch", "K\1"}, {"model", a}})), "a ");
  EXPECT_EQ(names(dict({{"ema", b}, {"optimizer", c}, {"model", a}})), "a ");
  EXPECT_EQ(names(dict({{"ema", b}, {"state_dict", a}})), "a ");
  EXPECT_EQ(names(dict({{"ema", dict({{"module", b}, {"updates", "K\1"}})}})), "b ");
  EXPECT_EQ(names(dict({{"model", "}"}, {"params", b}})), "b ");
  EXPECT_EQ(names(dict({{"ema", b}, {"model", a}}), "ema"), "b ");
  EXPECT_EQ(names(dict({{"ema", dict({{"module", b}})}, {"model", a}}), "ema.module"), "b ");
  EXPECT_EQ(names(dict({{"x.y", a}}), "x.y"), "a ");
  EXPECT_EQ(names(dict({{"backbone", a}, {"head", dict({{"deep", b}})}})), "backbone.a head.deep.b ");
  EXPECT_NE(names(dict({{"model", a}}), "ema").find("has no 'ema' under the key 'ema'; it has 'model'"),
            std::string::npos);
  EXPECT_NE(names(dict({{"model", "K\1"}}), "model").find("no dictionary of tensors but int"),
            std::string::npos);
  EXPECT_NE(names(dict({{"epoch", "K\1"}})).find("there are no tensors"), std::string::npos);
  EXPECT_NE(names("]").find("no dictionary of tensors but list"), std::string::npos);
}

TEST_F(Weights, TheModulePrefixIsDroppedIfAllHaveIt) {
  EXPECT_EQ(names(dict({{"module.a", tensor}, {"module.b", tensor}})), "a b ");
  EXPECT_EQ(names(dict({{"module.a", tensor}, {"b", tensor}})), "b module.a ");
}

TEST_F(Weights, RemarksAndSkippedEntries) {
  const std::string state = dict({{"a", tensor}, {"n", "K\1"}, {"f", global("x", "y")}, {"none", "N"}});
  ASSERT_EQ(error(pytorch_zip(
                pickle(dict({{"model", state}, {"epoch", "K\7"}, {"by", text("someone")}, {"list", "]"}})))),
            "");
  const WeightsFile file = read_weights(path);
  EXPECT_EQ(file.format, "pytorch");
  EXPECT_EQ(file.skipped, (std::vector<std::string>{"n (int)", "f (name 'x.y')", "none (None)"}));
  EXPECT_EQ(file.metadata, (std::map<std::string, std::string>{{"epoch", "7"}, {"by", "someone"}}));
}

TEST_F(Weights, BombsOfDictionaries) {
  // Each holds the one before twice.
  std::string doubled = dict({{"a", tensor}}) +
                        "q\1"
                        "0";
  for (int i = 1; i < 30; ++i) {
    const std::string h = std::string("h") + static_cast<char>(i);
    doubled += dict({{"x", h}, {"y", h}}) + "q" + static_cast<char>(i + 1) + "0";
  }
  EXPECT_NE(names(doubled + "h\x1e").find("contain one another"), std::string::npos);
  EXPECT_NE(names("}q\1(" + text("a") + tensor + text("self") + "h\1u").find("contain one another"),
            std::string::npos);
  std::string deep = dict({{"a", tensor}});
  for (int i = 0; i < 40; ++i) deep = dict({{"x", deep}});
  EXPECT_NE(names(deep).find("nested more than"), std::string::npos);
}

TEST_F(Weights, SafetensorsAreRead) {
  focus::io::write_safetensors(path, {{{"module.a", at::ones({2})}}, {{"k", "v"}}});
  const WeightsFile file = read_weights(path);
  EXPECT_EQ(file.format, "safetensors");
  EXPECT_TRUE(at::equal(file.tensors.at("a"), at::ones({2})));
  EXPECT_EQ(file.metadata.at("k"), "v");
  EXPECT_THROW(read_weights(path, "ema"), focus::Error);
  EXPECT_NE(error(little_endian(uint64_t{1} << 60, 8) + "{}"), "");
}

std::string npy(const std::string& header, const std::string& data, int version = 1) {
  return "\x93NUMPY" + std::string(1, static_cast<char>(version)) + std::string(1, '\0') +
         little_endian(header.size(), version == 1 ? 2 : 4) + header + data;
}

TEST_F(Weights, NumpyArchives) {
  const std::string plain = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }   \n";
  const std::string fortran = "{'descr': '<f4', 'fortran_order': True, 'shape': (3, 2)}\n";
  const std::string words = "{'descr': '<U3', 'fortran_order': False, 'shape': (2,), }\n";
  ASSERT_EQ(error(make_zip({{"a.npy", npy(plain, six_floats())},
                            {"b.npy", npy(fortran, six_floats(), 2)},
                            {"c.npy", npy(words, std::string(24, 'x'))}})),
            "");
  const WeightsFile file = read_weights(path);
  EXPECT_EQ(file.format, "npz");
  EXPECT_EQ(file.skipped, std::vector<std::string>{"c (array of '<U3')"});
  EXPECT_TRUE(at::equal(file.tensors.at("a"), at::arange(6, at::kFloat).view({2, 3})));
  EXPECT_TRUE(at::equal(file.tensors.at("b"), at::arange(6, at::kFloat).view({2, 3}).t()));
}

TEST_F(Weights, HostileArraysAreNamed) {
  const auto with = [](const std::string& descr, const std::string& shape, const std::string& more = "") {
    return "{'descr': " + descr + ", 'fortran_order': False, 'shape': " + shape + more + "}";
  };
  const struct {
    std::string header;
    const char* message;
  } cases[] = {
      {with("'<f4'", "(7,)"), "needs 28 bytes, but it has 24"},
      {with("'>f4'", "(6,)"), "big-endian"},
      {with("'<c8'", "(3,)"), "not one of"},
      {with("'<f4'", "(-1,)"), "not that of a numpy array"},
      {with("'<f4'", "(99999999999999999999,)"), "not that of a numpy array"},
      {with("'<f4'", "(4611686018427387904, 4)"), "too large"},
      {with("[('a', '<f4')]", "(6,)"), "records"},
      {with("'<f4'", "(6,)", ", 'more': 1"), "not that of a numpy array"},
      {with("'<f4'", "(6,)", ", 'shape': (6,)"), "not that of a numpy array"},
      {with("'<f4'", "(6,)", "} {"), "not that of a numpy array"},
      {with("__import__('os')", "(6,)"), "not that of a numpy array"},
      {"{'descr': '<f4'}", "lacks one of"},
      {"", "not that of a numpy array"},
  };
  for (const auto& c : cases) {
    const std::string message = error(make_zip({{"t.npy", npy(c.header, six_floats())}}));
    EXPECT_NE(message.find(c.message), std::string::npos) << c.message << ": " << message;
    EXPECT_NE(message.find("tensor 't'"), std::string::npos) << message;
  }
  const std::string whole = npy(with("'<f4'", "(6,)"), six_floats());
  for (size_t length = 0; length < whole.size(); ++length) {
    EXPECT_NE(error(make_zip({{"t.npy", whole.substr(0, length)}})), "") << length;
  }
}

std::string pickled_array(uint64_t size, const std::string& data, const std::string& order = "<") {
  return global("numpy.core.multiarray", "_reconstruct") + global("numpy", "ndarray") + "K\1\x85" +
         "C\1b\x87R(K\1" + number(size) + "\x85" + global("numpy", "dtype") + text("f4") +
         "\x89\x88\x87R(K\3" + text(order) + "NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK" + std::string(1, '\0') +
         "tb\x89" + "B" + little_endian(data.size(), 4) + data + "tb";
}

TEST_F(Weights, PickledArrays) {
  const auto file_of = [](const std::string& array) {
    return pickle(dict({{"model", dict({{"t", array}})}}));
  };
  ASSERT_EQ(error(file_of(pickled_array(6, six_floats()))), "");
  const WeightsFile file = read_weights(path);
  EXPECT_EQ(file.format, "pickle");
  EXPECT_TRUE(at::equal(file.tensors.at("t"), at::arange(6, at::kFloat)));
  EXPECT_NE(error(file_of(pickled_array(7, six_floats()))).find("needs 28 bytes"), std::string::npos);
  EXPECT_NE(error(file_of(pickled_array(5, six_floats()))).find("needs 20 bytes"), std::string::npos);
  EXPECT_NE(error(file_of(pickled_array(~uint64_t{0}, six_floats()))).find("negative"), std::string::npos);
  EXPECT_NE(error(file_of(pickled_array(uint64_t{1} << 60, six_floats()))).find("needs"), std::string::npos);
  EXPECT_NE(error(file_of(pickled_array(6, six_floats(), ">"))).find("big-endian"), std::string::npos);
  EXPECT_NE(error(file_of(PickledTensor().bytes())).find("the file has none"), std::string::npos);
  // The same bytes as many arrays.
  const std::string data(4000, 'x');
  std::string arrays = "B" + little_endian(data.size(), 4) + data +
                       "q\1"
                       "0}(";
  for (int i = 0; i < 1000; ++i) {
    std::string array = pickled_array(1000, "");
    array.replace(array.rfind("B"), std::string::npos, "h\1tb");
    arrays += text(std::to_string(i)) + array;
  }
  EXPECT_NE(error(pickle(arrays + "u")).find("more than twice"), std::string::npos);
}

TEST_F(Weights, WhatItIsNotIsSaid) {
  EXPECT_NE(error("").find("is empty"), std::string::npos);
  EXPECT_NE(error("<!DOCTYPE html>").find("begins with '<!DOCTYPE html>'"), std::string::npos);
  EXPECT_NE(error("version https://git-lfs.github.com/spec/v1\n").find("git lfs pull"), std::string::npos);
  EXPECT_NE(error("\x93NUMPY").find("numpy.savez"), std::string::npos);
  std::string tar(512, '\0');
  tar.replace(0, 3, "sys").replace(257, 5, "ustar");
  EXPECT_NE(error(tar).find("tar file"), std::string::npos);
  EXPECT_THROW(read_weights(folder.path()), focus::Error);
}

}  // namespace
