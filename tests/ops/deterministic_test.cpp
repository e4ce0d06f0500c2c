#include "support/deterministic.h"

#include <gtest/gtest.h>

#include <bit>
#include <vector>

namespace {

namespace ft = focus::test;

TEST(Deterministic, HashOfNames) {
  EXPECT_EQ(ft::fnv1a64(""), 0xCBF29CE484222325ULL);
  EXPECT_EQ(ft::fnv1a64("a"), 0xAF63DC4C8601EC8CULL);
}

struct Vector {
  const char* name;
  std::vector<int64_t> shape;
  uint64_t hash;
  uint64_t first_word;
  float second, third, last;
  uint32_t first_bits;
};

TEST(Deterministic, ParametersMeetTheTestVectors) {
  const std::vector<Vector> vectors{
      {"backbone.stem.conv1.weight",
       {64, 3, 7, 7},
       0x9DD795F1CB42E762,
       0xC48189F8DFB7F05C,
       0.0923483446f,
       -0.0369243212f,
       0.184433073f,
       0x3DDD71E3},
      {"backbone.res4.5.conv3.norm.weight",
       {1024},
       0x613657EB93D3F5AA,
       0x6B510E873956CC0D,
       0.494241804f,
       0.498118311f,
       0.463390321f,
       0x3EFBDD03},
      {"transformer.encoder.layers.0.attentions.0.attn.in_proj_weight",
       {768, 256},
       0xC7C1957769DF7622,
       0x19D06E6B6D3455B7,
       0.0969345272f,
       -0.0638864487f,
       0.119870372f,
       0xBE04BE47},
      {"transformer.decoder.class_embed.6.bias",
       {80},
       0xE291391B2AC5F948,
       0x7F5503C9A41AF645,
       -3.84408641f,
       -3.71145225f,
       -4.35341787f,
       0xC0801560},
      {"transformer.alpha",
       {3},
       0x20B16DE15B7C561A,
       0x2A99AC8FFD44F832,
       0.249101266f,
       0.153947577f,
       0.153947577f,
       0x3DAA8F7A},
      {"transformer.encoder.layers.3.attentions.1.sampling_offsets.bias",
       {256},
       0xF0AFD9A511529190,
       0x1D33E2AE297C5DEF,
       1.66143572f,
       1.66764796f,
       0.293616235f,
       0xC014322C},
      {"backbone.res2.0.conv1.norm.running_var",
       {64},
       0xB0B91F2D10F60896,
       0xF14EDABE6EF6D27F,
       1.19810534f,
       1.33662903f,
       1.2207222f,
       0x3FBC53B7},
      {"neck.extra_convs.0.conv.weight",
       {256, 2048, 3, 3},
       0x2652FC4E174BF452,
       0xA31FFA550AA753BF,
       0.00180239172f,
       -0.0052367649f,
       0.0136685921f,
       0x3BA23C2B},
      {"transformer.tgt_embed.weight",
       {900, 256},
       0x4620A3F6431D6637,
       0x68840577C3D5DBA7,
       0.640869319f,
       -0.146609053f,
       0.237685546f,
       0xBE3BDFD4},
  };
  for (const auto& v : vectors) {
    SCOPED_TRACE(v.name);
    const std::string canonical = ft::canonical_name(v.name);
    EXPECT_EQ(ft::fnv1a64(canonical), v.hash);
    EXPECT_EQ(ft::word(canonical, 0), v.first_word);
    const at::Tensor value = ft::parameter(v.name, v.shape);
    EXPECT_EQ(value.sizes(), at::IntArrayRef(v.shape));
    const float* data = value.data_ptr<float>();
    EXPECT_EQ(std::bit_cast<uint32_t>(data[0]), v.first_bits);
    EXPECT_EQ(data[1], v.second);
    EXPECT_EQ(data[2], v.third);
    EXPECT_EQ(data[value.numel() - 1], v.last);
  }
}

TEST(Deterministic, SharedHeadsHaveOneCanonicalName) {
  EXPECT_EQ(ft::canonical_name("transformer.decoder.bbox_embed.3.layers.0.weight"),
            "bbox_embed.3.layers.0.weight");
  EXPECT_EQ(ft::canonical_name("transformer.encoder.enhance_MCSP.4.weight"), "class_embed.6.weight");
  EXPECT_EQ(ft::canonical_name("enhance_MCSP_layerlist.0.bias"), "class_embed.6.bias");
  EXPECT_EQ(ft::canonical_name("transformer.decoder.norm.weight"), "transformer.decoder.norm.weight");
}

TEST(Deterministic, ImageMeetsTheTestVector) {
  const at::Tensor image = ft::image("input_a", 368, 392);
  const auto at = [&](int64_t c, int64_t y, int64_t x) { return image[c][y][x].item<int64_t>(); };
  const std::vector<int64_t> first{183, 164, 134, 90, 106, 144, 91, 162};
  for (size_t x = 0; x < first.size(); ++x) EXPECT_EQ(at(0, 0, static_cast<int64_t>(x)), first[x]);
  const std::vector<int64_t> second{222, 176, 241, 57};
  for (size_t x = 0; x < second.size(); ++x) EXPECT_EQ(at(1, 0, static_cast<int64_t>(x)), second[x]);
  const std::vector<int64_t> last{22, 246, 180, 127};
  for (size_t x = 0; x < last.size(); ++x) EXPECT_EQ(at(2, 367, 388 + static_cast<int64_t>(x)), last[x]);
  EXPECT_EQ(image.sum().item<int64_t>(), 55121864);
}

TEST(Deterministic, DrawsStayInRangeAndFollowTheWords) {
  const at::Tensor u = ft::rand("draws", 1000);
  EXPECT_GE(u.min().item<float>(), 0.0f);
  EXPECT_LT(u.max().item<float>(), 1.0f);
  EXPECT_EQ(u[7].item<float>(),
            static_cast<float>(static_cast<double>(ft::word("draws", 7) >> 11) * 0x1p-53));
  const at::Tensor k = ft::randint("draws", -2, 3, 1000);
  EXPECT_EQ(k.min().item<int64_t>(), -2);
  EXPECT_EQ(k.max().item<int64_t>(), 2);
  EXPECT_TRUE(at::equal(k, at::floor(5 * u.to(at::kDouble)).to(at::kLong) - 2));
}

}  // namespace
