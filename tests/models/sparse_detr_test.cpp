#include "models/sparse_detr.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"
#include "models/decoders/decoder_attention.h"
#include "models/original_names.h"
#include "models/tiny_model.h"
#include "nn/prepare.h"

namespace focus::test {
namespace {

models::DetectorOptions tiny_sparse(const std::string& architecture) {
  auto options = tiny_options();
  options.architecture = architecture;
  options.sparse = {0.3, true};
  return options;
}

models::Tokens tokens_of(const std::vector<nn::ImageSize>& shapes, int64_t batch) {
  std::vector<at::Tensor> features, masks;
  for (const auto& shape : shapes) {
    features.push_back(at::zeros({batch, 4, shape.height, shape.width}));
    masks.push_back(at::zeros({batch, shape.height, shape.width}, at::kBool));
  }
  return models::flatten_levels(features, features, masks,
                                at::zeros({static_cast<int64_t>(shapes.size()), 4}));
}

/// The map by its definition: sampling the image that is one at a token and zero elsewhere, by bilinear
/// interpolation as sampling does it, gives what is taken of that token.
at::Tensor naive_attention(const nn::SampledPoints& points, const models::Tokens& tokens) {
  const auto where = points.locations.to(at::kDouble).contiguous();
  const auto weight = points.weights.to(at::kDouble).contiguous();
  const auto sizes = where.sizes();
  auto map = at::zeros({sizes[0], tokens.features.size(1)}, at::kDouble);
  for (int64_t b = 0; b < sizes[0]; ++b) {
    for (int64_t l = 0; l < sizes[3]; ++l) {
      const auto [height, width] = tokens.shapes[static_cast<size_t>(l)];
      for (int64_t row = 0; row < height; ++row) {
        for (int64_t column = 0; column < width; ++column) {
          const double centre_x = (static_cast<double>(column) + 0.5) / static_cast<double>(width);
          const double centre_y = (static_cast<double>(row) + 0.5) / static_cast<double>(height);
          double taken = 0;
          for (int64_t q = 0; q < sizes[1]; ++q) {
            for (int64_t h = 0; h < sizes[2]; ++h) {
              for (int64_t p = 0; p < sizes[4]; ++p) {
                const double dx = where[b][q][h][l][p][0].item<double>() - centre_x;
                const double dy = where[b][q][h][l][p][1].item<double>() - centre_y;
                const double share_x = std::max(0.0, 1 - std::abs(dx) * static_cast<double>(width));
                const double share_y = std::max(0.0, 1 - std::abs(dy) * static_cast<double>(height));
                taken += share_x * share_y * weight[b][q][h][l][p].item<double>();
              }
            }
          }
          map[b][tokens.starts[static_cast<size_t>(l)] + row * width + column] = taken;
        }
      }
    }
  }
  return map;
}

TEST(DecoderAttention, IsWhatSamplingTakesOfEachToken) {
  const auto tokens = tokens_of({{4, 5}, {2, 3}}, 2);
  nn::SampledPoints points;
  // Some points lie outside of the image, and take less there.
  points.locations = tensor("test/dam/where", {2, 3, 2, 2, 3, 2}, 0.7, 0.5);
  points.weights = tensor("test/dam/weight", {2, 3, 2, 2, 3}, 0.5, 0.5);
  models::DecoderAttention attention(tokens);
  attention.add(points);
  const auto once = naive_attention(points, tokens);
  EXPECT_TRUE(attention.map().to(at::kDouble).allclose(once, 1e-5, 1e-6));
  attention.add(points);
  EXPECT_TRUE(attention.map().to(at::kDouble).allclose(2 * once, 1e-5, 1e-6)) << "layers add up";
}

TEST(DecoderAttention, NeitherDenoisingNorPaddingCounts) {
  auto tokens = tokens_of({{4, 5}}, 1);
  tokens.padding_mask[0][19] = true;
  nn::SampledPoints points, own;
  points.locations = tensor("test/dam/where", {1, 5, 2, 1, 3, 2}, 0.5, 0.5);
  points.weights = tensor("test/dam/weight", {1, 5, 2, 1, 3}, 0.5, 0.5);
  own = {points.locations.slice(1, 2), points.weights.slice(1, 2)};
  models::DecoderAttention attention(tokens, /*first_query=*/2);
  attention.add(points);
  const auto map = attention.map();
  const auto expected = naive_attention(own, tokens).to(at::kFloat);
  EXPECT_TRUE(map.slice(1, 0, 19).allclose(expected.slice(1, 0, 19), 1e-5, 1e-6));
  EXPECT_LT(map[0][19].item<float>(), map.slice(1, 0, 19).min().item<float>());
}

TEST(SparseDetr, EncodesTheTokensOfHighestScoreAlone) {
  at::NoGradGuard no_grad;
  for (const char* architecture : {"sparse-detr", "sparse-dino"}) {
    const auto model = tiny_detector(tiny_sparse(architecture));
    models::Trace trace;
    model->forward(batch_of({image("test/sparse/a", 96, 128)}), nullptr, &trace);
    const auto& t = trace.tensors;
    const int64_t tokens = t.at("fg_score").size(1);
    const auto count = static_cast<int64_t>(static_cast<float>(tokens) * 0.3f) + 1;
    const auto kept = std::get<1>(t.at("fg_score").topk(count, 1));
    EXPECT_TRUE(t.at("fg_inds0").equal(kept)) << architecture;
    std::vector<at::Tensor> levels;
    for (const std::string l : {"0", "1", "2", "3"}) {
      levels.push_back(t.at("neck" + l).flatten(2).transpose(1, 2));
    }
    const auto unchanged = t.at("memory").eq(at::cat(levels, 1)).all(-1)[0];
    EXPECT_EQ(unchanged.logical_not().sum().item<int64_t>(), count) << architecture;
    EXPECT_FALSE(unchanged.index_select(0, kept[0]).any().item<bool>()) << architecture;
    EXPECT_TRUE(t.at("enc1_out").equal(t.at("memory").index_select(1, kept[0]))) << "the last layer's result";
  }
}

TEST(SparseDetr, TeachesTheScorerInTraining) {
  for (const char* architecture : {"sparse-detr", "sparse-dino"}) {
    const auto model = tiny_detector(tiny_sparse(architecture));
    const auto batch = batch_of({image("test/sparse/b", 96, 128), image("test/sparse/c", 70, 110)});
    EXPECT_FALSE(model->forward(batch).attention_scores) << "in evaluation nobody is taught";
    model->train();
    const auto output = model->forward(batch);
    ASSERT_TRUE(output.attention_scores) << architecture;
    const auto& scores = *output.attention_scores;
    EXPECT_FALSE(output.foreground_logits.defined());
    EXPECT_TRUE(scores.logits.requires_grad());
    EXPECT_FALSE(scores.attention.requires_grad());
    EXPECT_GT(scores.counts[0].item<int64_t>(), scores.counts[1].item<int64_t>());
    // All that 20 queries take: weights of a head add up to one, but what lies outside is lost.
    const double heads = 4, layers = 2, queries = 20;
    const auto taken = scores.attention[0].sum().item<double>();
    EXPECT_GT(taken, 0.2 * heads * layers * queries) << architecture;
    EXPECT_LE(taken, 1.0001 * heads * layers * queries) << architecture;
    ASSERT_EQ(output.encoder_layers.size(), 1u) << "one layer before the last";
    EXPECT_EQ(output.encoder_layers[0].logits.sizes().vec(),
              (std::vector<int64_t>{2, scores.counts.max().item<int64_t>(), 3}));
  }
}

TEST(SparseDetr, EncoderHeadsAreAChoice) {
  for (const char* architecture : {"sparse-detr", "sparse-dino"}) {
    auto options = tiny_sparse(architecture);
    EXPECT_EQ(models::state_dict(*tiny_detector(options)).count("class_embed.3.bias"), 1u);
    options.sparse.encoder_heads = false;
    const auto model = tiny_detector(options);
    EXPECT_EQ(models::state_dict(*model).count("class_embed.3.bias"), 0u);
    model->train();
    EXPECT_TRUE(model->forward(batch_of({image("test/sparse/d", 64, 64)})).encoder_layers.empty());
  }
}

TEST(SparseDetr, KeepsAsManyTokensAsAsked) {
  at::NoGradGuard no_grad;
  const auto model = tiny_detector(tiny_sparse("sparse-detr"));
  EXPECT_EQ(model->keep_ratio(), 0.3);
  model->set_keep_ratio(1);
  model->set_keep_ratio(0.1);
  EXPECT_EQ(model->options().sparse.keep_ratio, 0.1);
  models::Trace trace;
  model->forward(batch_of({image("test/sparse/e", 96, 128)}), nullptr, &trace);
  const auto tokens = static_cast<double>(trace.tensors.at("fg_score").size(1));
  EXPECT_EQ(trace.tensors.at("fg_inds0").size(1), static_cast<int64_t>(tokens * 0.1) + 1);
  EXPECT_THROW(model->set_keep_ratio(0), UsageError);
  EXPECT_THROW(model->set_keep_ratio(1.5), UsageError);
}

TEST(SparseDetr, PreparedGivesTheSameAnswers) {
  at::NoGradGuard no_grad;
  for (const char* architecture : {"sparse-detr", "sparse-dino", "deformable-detr", "detr"}) {
    const auto model = tiny_detector(tiny_sparse(architecture));
    const auto batch = batch_of({image("test/sparse/f", 96, 128), image("test/sparse/g", 90, 100)});
    const auto expected = model->forward(batch).layers.back();
    nn::prepare(*model);
    const auto found = model->forward(batch).layers.back();
    EXPECT_TRUE(found.logits.allclose(expected.logits, 1e-3, 1e-3)) << architecture;
    EXPECT_TRUE(found.boxes.allclose(expected.boxes, 1e-3, 1e-3)) << architecture;
  }
}

TEST(SparseDetr, HasThePublishedNames) {
  models::DetectorOptions options;
  options.architecture = "sparse-detr";
  options.classes = 91;
  options.backbone.frozen_stages = 2;
  options.transformer.feedforward_width = 1024;
  options.transformer.queries = 300;
  models::SparseDetr model(options);
  // Two-stage Deformable DETR with narrower places of proposals, the scorer and five heads of encoder layers.
  constexpr int64_t kPlaces = 256 * 512 + 256 + 2 * 256 - (512 * 512 + 512 + 2 * 512);
  constexpr int64_t kScorer = 2 * 256 + (256 + 1) * 256 + (256 + 1) * 128 + (128 + 1) * 64 + 64 + 1;
  EXPECT_EQ(trained_parameters(model), 40959129 + kPlaces + kScorer + 5 * 155999);
  const ThereAndBack way(model);
  EXPECT_EQ(way.source, "sparse-detr");
  EXPECT_EQ(way.architecture, "sparse-detr");
  EXPECT_TRUE(way.same);
  EXPECT_TRUE(way.report.missing.empty() && way.report.unexpected.empty());
  for (const char* name :
       {"transformer.enc_mask_predictor.layer1.0.weight", "transformer.enc_mask_predictor.layer2.4.bias",
        "transformer.pos_trans_norm.bias", "transformer.encoder.layers.5.self_attn.sampling_offsets.bias",
        "transformer.decoder.layers.0.cross_attn.output_proj.weight", "transformer.level_embed",
        "class_embed.11.weight", "transformer.decoder.class_embed.11.weight",
        "transformer.encoder.class_embed.4.weight", "transformer.encoder.bbox_embed.0.layers.2.bias"}) {
    EXPECT_EQ(way.original.count(name), 1u) << name;
  }
  EXPECT_TRUE(way.original.at("transformer.encoder.class_embed.4.weight")
                  .is_same(way.original.at("class_embed.11.weight")));
  EXPECT_EQ(way.original.count("query_embed.weight"), 0u);
  EXPECT_EQ(way.original.count("class_embed.12.weight"), 0u);
}

}  // namespace
}  // namespace focus::test
