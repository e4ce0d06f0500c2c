#include "io/pytorch/pytorch_file.h"

#include <ATen/ATen.h>

#include "io/handmade.h"
#include "io/weights_file.h"

namespace {

using focus::io::read_weights;
using focus::io::WeightsFile;
using focus::test::dict;
using focus::test::global;
using focus::test::legacy_file;
using focus::test::little_endian;
using focus::test::make_zip;
using focus::test::number;
using focus::test::pickle;
using focus::test::PickledTensor;
using focus::test::pytorch_zip;
using focus::test::six_floats;
using focus::test::text;
using focus::test::tuple;

constexpr uint64_t kHuge = uint64_t{1} << 62;

class PytorchFile : public focus::test::FileTest {
 protected:
  std::string error(const std::string& bytes) const {
    return error_of(bytes, [&] { read_weights(path); });
  }
  /// Of a file with this one tensor, in both containers; they must agree on whether it is one.
  std::string error(const PickledTensor& tensor) const {
    const std::string object = pickle(dict({{"t", tensor.bytes()}}));
    PickledTensor in_old = tensor;
    if (in_old.part.empty()) in_old.part = "N";
    const std::string old = error(
        legacy_file(pickle(dict({{"t", in_old.bytes()}})), little_endian(tensor.elements, 8) + six_floats()));
    const std::string now = error(pytorch_zip(object));
    EXPECT_EQ(old.empty(), now.empty()) << old << "\n" << now;
    return now;
  }
  at::Tensor read(const PickledTensor& tensor) const {
    EXPECT_EQ(error(tensor), "");
    return read_weights(path).tensors.at("t");
  }
};

at::Tensor expected() { return at::arange(6, at::kFloat).view({2, 3}); }

TEST_F(PytorchFile, ATensorIsRead) {
  EXPECT_TRUE(at::equal(read({}), expected()));
  PickledTensor turned;
  turned.sizes = {3, 2};
  turned.strides = {1, 3};
  EXPECT_TRUE(at::equal(read(turned), expected().t()));
  PickledTensor last;
  last.sizes = {};
  last.strides = {};
  last.offset = 5;
  EXPECT_EQ(read(last).item<float>(), 5);
  PickledTensor column;
  column.sizes = {2, 1};
  column.strides = {3, kHuge};
  column.offset = 1;
  EXPECT_TRUE(at::equal(read(column), at::tensor({1.f, 4.f}).view({2, 1})));
  PickledTensor nothing;
  nothing.sizes = {0, 1000};
  nothing.strides = {1, 1};
  nothing.offset = kHuge;
  EXPECT_EQ(read(nothing).sizes(), at::IntArrayRef({0, 1000}));
}

TEST_F(PytorchFile, AnExpandedTensorStaysAView) {
  PickledTensor tensor;
  tensor.sizes = {1'000'000, 6};
  tensor.strides = {0, 1};
  EXPECT_EQ(read(tensor).stride(0), 0);
  tensor.sizes = {kHuge / 64, 6};
  EXPECT_NE(error(tensor).find("larger than 16 times"), std::string::npos);
}

TEST_F(PytorchFile, StoragesAreShared) {
  PickledTensor row;
  row.sizes = {3};
  row.strides = {1};
  row.offset = 3;
  ASSERT_EQ(error(pytorch_zip(pickle(dict({{"a", PickledTensor().bytes()}, {"b", row.bytes()}})))), "");
  const WeightsFile file = read_weights(path);
  EXPECT_TRUE(file.tensors.at("a").is_alias_of(file.tensors.at("b")));
  EXPECT_TRUE(at::equal(file.tensors.at("a")[1], file.tensors.at("b")));
}

TEST_F(PytorchFile, HostileViewsAreNamed) {
  using Change = void (*)(PickledTensor&);
  const struct {
    Change change;
    const char* message;
  } cases[] = {
      {[](PickledTensor& t) { t.offset = 1; }, "go beyond its storage"},
      {[](PickledTensor& t) { t.offset = ~uint64_t{0}; }, "go beyond its storage"},
      {[](PickledTensor& t) { t.offset = kHuge * 2 - 1; }, "go beyond its storage"},
      {[](PickledTensor& t) {
         t.sizes = {3, 3};
       },
       "go beyond its storage"},
      {[](PickledTensor& t) {
         t.strides = {kHuge, kHuge};
       },
       "go beyond its storage"},
      {[](PickledTensor& t) {
         t.strides = {~uint64_t{0}, 1};
       },
       "go beyond its storage"},
      {[](PickledTensor& t) {
         t.sizes = {~uint64_t{0}, 3};
       },
       "negative size"},
      {[](PickledTensor& t) {
         t.sizes = {kHuge, kHuge};
       },
       "too large"},
      {[](PickledTensor& t) {
         t.sizes = {0, kHuge};
       },
       "too large"},
      {[](PickledTensor& t) { t.strides = {1}; }, "2 sizes but 1 strides"},
      {[](PickledTensor& t) { t.sizes = t.strides = std::vector<uint64_t>(65, 1); }, "64 dimensions"},
      {[](PickledTensor& t) { t.elements = 7; }, "is the file complete?"},
      {[](PickledTensor& t) { t.elements = kHuge; }, "is the file complete?"},
      {[](PickledTensor& t) { t.elements = ~uint64_t{0}; }, "no key or no size"},
      {[](PickledTensor& t) { t.key = "1"; }, "is missing"},
      {[](PickledTensor& t) { t.storage = "OddStorage"; }, "a type that is not read"},
  };
  for (const auto& c : cases) {
    PickledTensor tensor;
    c.change(tensor);
    const std::string message = error(tensor);
    EXPECT_NE(message.find(c.message), std::string::npos) << c.message << ": " << message;
    EXPECT_NE(message.find("tensor 't'"), std::string::npos) << message;
  }
}

TEST_F(PytorchFile, TensorsOfTypesItLacksAreListedAndNoReasonToRefuse) {
  const std::string weights = PickledTensor().bytes();
  const auto v3 = [](const std::string& dtype) {
    return global("torch._utils", "_rebuild_tensor_v3") + "((" + text("storage") +
           global("torch.storage", "UntypedStorage") + text("0") + text("cpu") + number(24) + "tQ" +
           number(0) + tuple({24}) + tuple({1}) + "\x89" + global("collections", "OrderedDict") + ")R" +
           global("torch", dtype) + "tR";
  };
  const std::string sparse =
      global("torch._utils", "_rebuild_sparse_tensor") + "(" + global("torch", "sparse_coo") + "(ttR";
  PickledTensor complex;
  complex.storage = "ComplexFloatStorage";
  complex.elements = 3;
  complex.sizes = {3};
  complex.strides = {1};
  const std::string object = pickle(dict({{"w", weights},
                                          {"float8", v3("float8_e4m3fn")},
                                          {"whole", v3("uint16")},
                                          {"bytes", v3("uint8")},
                                          {"complex", complex.bytes()},
                                          {"sparse", sparse}}));
  ASSERT_EQ(error(pytorch_zip(object)), "");
  const auto file = read_weights(path);
  EXPECT_EQ(file.tensors.size(), 2u);
  EXPECT_EQ(file.tensors.at("bytes").scalar_type(), at::kByte);
  EXPECT_EQ(file.unread, (std::map<std::string, std::string>{{"float8", "float8_e4m3fn"},
                                                             {"whole", "uint16"},
                                                             {"complex", "complex64"},
                                                             {"sparse", "sparse tensor"}}));
  // Before PyTorch 1.6 numbers lie one after the other, so their size counts although they are not read.
  complex.key = "1";
  const std::string both = pickle(dict({{"w", weights}, {"complex", complex.bytes()}}));
  ASSERT_EQ(error(legacy_file(both, little_endian(3, 8) + six_floats() + little_endian(6, 8) + six_floats(),
                              text("1") + text("0"))),
            "");
  EXPECT_TRUE(at::equal(read_weights(path).tensors.at("w"), at::arange(6, at::kFloat).view({2, 3})));
}

TEST_F(PytorchFile, PartsOfOldStorages) {
  const auto with_part = [&](uint64_t begin, uint64_t elements) {
    PickledTensor tensor;
    tensor.sizes = {2};
    tensor.strides = {1};
    tensor.offset = 1;
    tensor.part = "(" + text("v") + number(begin) + number(elements) + "t";
    return error(legacy_file(pickle(dict({{"t", tensor.bytes()}})), little_endian(6, 8) + six_floats()));
  };
  EXPECT_EQ(with_part(2, 3), "");
  EXPECT_TRUE(at::equal(read_weights(path).tensors.at("t"), at::tensor({3.f, 4.f})));
  EXPECT_NE(with_part(2, 2).find("go beyond its storage"), std::string::npos);
  EXPECT_NE(with_part(2, 5).find("goes beyond the storage"), std::string::npos);
  EXPECT_NE(with_part(~uint64_t{0}, 5).find("goes beyond the storage"), std::string::npos);
  EXPECT_NE(with_part(kHuge, kHuge).find("goes beyond the storage"), std::string::npos);
}

TEST_F(PytorchFile, BoolBytesBecomeZeroOrOne) {
  PickledTensor tensor;
  tensor.storage = "BoolStorage";
  tensor.elements = 3;
  tensor.sizes = {3};
  tensor.strides = {1};
  ASSERT_EQ(error(pytorch_zip(pickle(dict({{"t", tensor.bytes()}})), std::string("\0\1\xfe", 3))), "");
  const at::Tensor read = read_weights(path).tensors.at("t");
  EXPECT_EQ(static_cast<const uint8_t*>(read.data_ptr())[2], 1);
}

TEST_F(PytorchFile, CallsInTheFileAreNotMade) {
  const std::string marker = (folder.path() / "marker").string();
  const std::string call = global("posix", "system") + text("touch " + marker) + "\x85R";
  ASSERT_EQ(error(pytorch_zip(pickle(dict({{"t", PickledTensor().bytes()}, {"u", call}})))), "");
  EXPECT_EQ(read_weights(path).skipped, std::vector<std::string>{"u (object of 'posix.system')"});
  EXPECT_NE(error(pytorch_zip(pickle(call))).find("object of 'posix.system'"), std::string::npos);
  EXPECT_NE(
      error(pytorch_zip(pickle(dict({{"t", global("torch._utils", "_rebuild_parameter") + call + "\x85R"}}))))
          .find("posix.system"),
      std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(marker));
}

TEST_F(PytorchFile, WrappersEnd) {
  // A parameter of itself.
  const std::string self = global("torch._utils", "_rebuild_parameter") + "]q\1h\1\x85R";
  EXPECT_NE(error(pytorch_zip(pickle(dict({{"t", self}})))), "");
  std::string nested = PickledTensor().bytes();
  for (int i = 0; i < 3; ++i) nested = global("torch._utils", "_rebuild_parameter") + nested + "\x88)\x87R";
  EXPECT_EQ(error(pytorch_zip(pickle(dict({{"t", nested}})))), "");
  for (int i = 0; i < 20; ++i) nested = global("torch._utils", "_rebuild_parameter") + nested + "\x88)\x87R";
  EXPECT_NE(error(pytorch_zip(pickle(dict({{"t", nested}})))).find("wrapped"), std::string::npos);
}

TEST_F(PytorchFile, OtherFilesAreNamed) {
  const std::string object = pickle(dict({{"t", PickledTensor().bytes()}}));
  const auto zip_with = [&](const char* name, const char* content) {
    return make_zip({{"a/data.pkl", object}, {"a/data/0", six_floats()}, {name, content}});
  };
  EXPECT_EQ(error(zip_with("a/byteorder", "little")), "");
  EXPECT_NE(error(zip_with("a/byteorder", "big")).find("big-endian"), std::string::npos);
  EXPECT_NE(error(zip_with("a/constants.pkl", "")).find("TorchScript"), std::string::npos);
  EXPECT_NE(error(make_zip({{"a.txt", ""}})).find("no data.pkl"), std::string::npos);
  EXPECT_NE(error(make_zip({})), "");
  std::string old = legacy_file(pickle(dict({})), "", " ");
  old.replace(old.find("\x88"), 1, "\x89");
  EXPECT_NE(error(old).find("big-endian"), std::string::npos);
}

TEST_F(PytorchFile, EveryTruncationIsRefused) {
  const std::string object = pickle(dict({{"t", PickledTensor().bytes()}}));
  PickledTensor in_old;
  in_old.part = "N";
  for (const std::string& whole : {pytorch_zip(object), legacy_file(pickle(dict({{"t", in_old.bytes()}})),
                                                                    little_endian(6, 8) + six_floats())}) {
    ASSERT_EQ(error(whole), "");
    for (size_t length = 0; length < whole.size(); ++length) {
      EXPECT_NE(error(whole.substr(0, length)), "") << length;
    }
  }
}

TEST_F(PytorchFile, FlippedBitsNeverCrash) {
  PickledTensor in_old;
  in_old.part = "N";
  std::string whole = legacy_file(pickle(dict({{"t", in_old.bytes()}})), little_endian(6, 8) + six_floats());
  for (size_t at = 0; at < whole.size(); ++at) {
    for (const int mask : {1, 4, 32, 128}) {
      std::string damaged = whole;
      damaged[at] = static_cast<char>(damaged[at] ^ mask);
      error(damaged);
    }
  }
}

}  // namespace
