#include "io/weights_file.h"

#include <ATen/ATen.h>

#include "io/handmade.h"
#include "io/safetensors/safetensors.h"

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
using focus::test::tuple;

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
  EXPECT_EQ(names(dict({{"optimizer_state_dict", c}, {"model_state_dict", a}, {"epoch", "K\1"}})), "a ");
  EXPECT_EQ(names(dict({{"optimizer", c}, {"ema_state", dict({{"module", b}, {"updates", "K\1"}})}})), "b ");
  for (const char* key : {"model_state", "ema_state_dict", "state_dict_ema", "ema_model_state_dict",
                          "model_ema_state_dict", "weights"}) {
    EXPECT_EQ(names(dict({{"optimizer", c}, {key, a}})), "a ") << key;
    EXPECT_EQ(read_weights(path).key, key);
  }
  EXPECT_EQ(names(dict({{"optim_state", c}, {"best_model_weights", a}, {"args", dict({{"lr", "K\1"}})}})),
            "a ");
  EXPECT_EQ(read_weights(path).key, "best_model_weights");
  EXPECT_EQ(names(dict({{"netA", a}, {"netB", b}})), "netA.a netB.b ") << "either may be it";
  EXPECT_EQ(names(dict({{"neck", a}, {"optimizer", dict({{"n", "K\1"}})}})), "neck.a ");
  EXPECT_EQ(names(dict({{"checkpoint", dict({{"state_dict", dict({{"module", a}})}})}})), "a ");
  EXPECT_EQ(read_weights(path).key, "checkpoint.state_dict.module");
  EXPECT_EQ(names(dict({{"ema", b}, {"model", a}}), "ema"), "b ");
  EXPECT_EQ(names(dict({{"ema", dict({{"module", b}})}, {"model", a}}), "ema.module"), "b ");
  EXPECT_EQ(names(dict({{"x.y", a}}), "x.y"), "a ");
  EXPECT_EQ(names(dict({{"backbone", a}, {"head", dict({{"deep", b}})}})), "backbone.a head.deep.b ");
  EXPECT_NE(names(dict({{"model", a}}), "ema").find("has no 'ema' under the key 'ema'; it has 'model'"),
            std::string::npos);
  EXPECT_NE(names(dict({{"model", "K\1"}}), "model").find("not a dictionary of tensors but int"),
            std::string::npos);
  EXPECT_NE(names(dict({{"epoch", "K\1"}})).find("there are no tensors"), std::string::npos);
  EXPECT_NE(names("]").find("not a dictionary of tensors but list"), std::string::npos);
}

TEST_F(Weights, WrappersAreNoPartOfANameWhereverTheyStand) {
  const auto of = [&](std::initializer_list<const char*> wrapped) {
    std::vector<std::pair<std::string, std::string>> items;
    for (const char* name : wrapped) items.emplace_back(name, tensor);
    return names(dict(items));
  };
  EXPECT_EQ(of({"module.a", "module.b"}), "a b ");
  EXPECT_EQ(of({"module.a", "b"}), "a b ");
  EXPECT_EQ(of({"_orig_mod.a", "_orig_mod.b.c"}), "a b.c ");
  EXPECT_EQ(of({"module._orig_mod.a", "_orig_mod.module.b"}), "a b ");
  EXPECT_EQ(of({"backbone._orig_mod.conv.weight", "head.module._orig_mod.weight"}),
            "backbone.conv.weight head.weight ");
  EXPECT_EQ(of({"n_averaged", "module._orig_mod.a"}), "a n_averaged ");
  EXPECT_EQ(of({"_fsdp_wrapped_module.a._checkpoint_wrapped_module.b", "_forward_module.c"}), "a.b c ");
  EXPECT_EQ(of({"model.a", "model.net.b", "n_averaged"}), "a n_averaged net.b ");
  EXPECT_EQ(of({"_orig_mod.model.module.a", "model.b"}), "a b ");
  EXPECT_EQ(of({"model.a", "ema.a"}), "ema.a model.a ") << "only what all have is an outer module";
  EXPECT_EQ(of({"a.module", "b._orig_mod"}), "a.module b._orig_mod ") << "a tensor may have any name";
  EXPECT_EQ(of({"a", "module.a", "module.b"}), "a b module.a ") << "one name is not for two";
  EXPECT_EQ(of({"module_list.a", "my_orig_mod.b"}), "module_list.a my_orig_mod.b ");
}

TEST_F(Weights, TheTypesThatPickleSaveNotesAreNoPartOfTheValues) {
  const auto tagged = [](const std::string& value, const char* type) {
    return global("torch.jit._pickle", "restore_type_tag") + value + text(type) + "\x86R";
  };
  const std::string inner = tagged(dict({{"a", tensor}, {"b", tensor}}), "Dict[str, Tensor]");
  EXPECT_EQ(names(inner), "a b ");
  EXPECT_EQ(names(tagged(dict({{"model", inner}, {"epoch", "K\3"}}), "Dict[str, Any]")), "a b ");
  EXPECT_TRUE(at::equal(read_weights(path).tensors.at("a"), at::arange(6, at::kFloat).view({2, 3})));
  const std::string list = global("torch.jit._pickle", "build_intlist") + "](K\1e\x85R";
  EXPECT_EQ(names(dict({{"a", tensor}, {"list", list}})), "a ");
  EXPECT_EQ(read_weights(path).skipped, std::vector<std::string>{"list (list)"});
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
  const std::string itself = names("}q\1(" + text("a") + tensor + text("self") + "h\1u");
  EXPECT_NE(itself.find("contain one another"), std::string::npos) << itself;
  std::string deep = tensor;
  for (int i = 0; i < 1000; ++i) deep = dict({{"x", deep}});
  EXPECT_NE(names(deep).find("nested more than"), std::string::npos) << names(deep);
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
      {with("'<f4'", "(-1,)"), "its header is not a numpy array's"},
      {with("'<f4'", "(99999999999999999999,)"), "its header is not a numpy array's"},
      {with("'<f4'", "(4611686018427387904, 4)"), "too large"},
      {with("[('a', '<f4')]", "(6,)"), "records"},
      {with("'<f4'", "(6,)", ", 'more': 1"), "its header is not a numpy array's"},
      {with("'<f4'", "(6,)", ", 'shape': (6,)"), "its header is not a numpy array's"},
      {with("'<f4'", "(6,)", "} {"), "its header is not a numpy array's"},
      {with("__import__('os')", "(6,)"), "its header is not a numpy array's"},
      {"{'descr': '<f4'}", "lacks one of"},
      {"", "its header is not a numpy array's"},
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
  EXPECT_NE(error(file_of(PickledTensor().bytes())).find("the file has no storages"), std::string::npos);
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

/// As numpy writes a contiguous array in protocol 5: numpy's _frombuffer of its memory, the memory's shape,
/// the order and, since 2.3, `more`.
std::string array_of_buffer(const std::string& shape, const char* order, const std::string& more = "",
                            const char* dtype = "f4") {
  const std::string module = "numpy._core.numeric", function = "_frombuffer";
  return "\x8c" + little_endian(module.size(), 1) + module + "\x8c" + little_endian(function.size(), 1) +
         function + "\x93(\x96" + little_endian(24, 8) + six_floats() + global("numpy", "dtype") +
         text(dtype) + "\x89\x88\x87R(K\3" + text("<") + "NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK" +
         std::string(1, '\0') + "tb" + shape + text(order) + more + "tR";
}

TEST_F(Weights, ArraysThatAreBuffersOfProtocol5) {
  const std::string two_three = tuple({2, 3}), one_two_three = tuple({1, 2, 3});
  ASSERT_EQ(error(pickle(dict({{"c", array_of_buffer(two_three, "C")},
                               {"f", array_of_buffer(two_three, "F")},
                               {"none", array_of_buffer(two_three, "C", "N")},
                               {"turned", array_of_buffer(one_two_three, "K", tuple({2, 0, 1}))},
                               {"swapped", array_of_buffer(one_two_three, "K", tuple({1, 0, 2}))}}))),
            "");
  const WeightsFile file = read_weights(path);
  EXPECT_TRUE(file.skipped.empty()) << file.skipped.front();
  const auto memory = at::arange(6, at::kFloat);
  EXPECT_TRUE(at::equal(file.tensors.at("c"), memory.view({2, 3})));
  EXPECT_TRUE(at::equal(file.tensors.at("none"), memory.view({2, 3})));
  EXPECT_TRUE(at::equal(file.tensors.at("f"), memory.view({3, 2}).t()));
  EXPECT_TRUE(at::equal(file.tensors.at("turned"), memory.view({1, 2, 3}).permute({2, 0, 1})));
  EXPECT_TRUE(at::equal(file.tensors.at("swapped"), memory.view({1, 2, 3}).permute({1, 0, 2})));

  for (const auto& axes : {tuple({0, 0, 1}), tuple({0, 1}), tuple({0, 1, 3}), tuple({~uint64_t{0}, 0, 1})}) {
    const auto refused = error(pickle(dict({{"t", array_of_buffer(one_two_three, "K", axes)}})));
    EXPECT_NE(refused.find("tensor 't': its axes ["), std::string::npos) << refused;
  }
  EXPECT_NE(error(pickle(dict({{"t", array_of_buffer(tuple({7}), "C")}}))).find("needs 28 bytes"),
            std::string::npos);
}

TEST_F(Weights, ArraysOfTypesItLacksAreListedAndNoReasonToRefuse) {
  const std::string whole = "{'descr': '<u4', 'fortran_order': False, 'shape': (6,), }\n";
  const std::string plain = "{'descr': '<f4', 'fortran_order': False, 'shape': (6,), }\n";
  ASSERT_EQ(error(make_zip({{"a.npy", npy(plain, six_floats())}, {"b.npy", npy(whole, six_floats())}})), "");
  EXPECT_EQ(read_weights(path).tensors.size(), 1u);
  EXPECT_EQ(read_weights(path).unread.at("b"), "array of '<u4'");
  ASSERT_EQ(error(pickle(dict({{"a", array_of_buffer(tuple({6}), "C")},
                               {"b", array_of_buffer(tuple({3}), "C", "", "c8")}}))),
            "");
  EXPECT_EQ(read_weights(path).tensors.size(), 1u);
  EXPECT_EQ(read_weights(path).unread.at("b"), "array of '<c8'");
}

TEST_F(Weights, NamesThatSaveModelLeftOutComeBack) {
  focus::io::write_safetensors(path, {{{"_orig_mod.head.0", at::ones({2})}},
                                      {{"_orig_mod.head.1", "_orig_mod.head.0"}, {"format", "pt"}}});
  const WeightsFile file = read_weights(path);
  ASSERT_EQ(file.tensors.size(), 2u);
  EXPECT_TRUE(file.tensors.at("head.1").is_same(file.tensors.at("head.0")));
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
