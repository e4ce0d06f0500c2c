#include "detector/trace_run.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "models/tiny_model.h"
#include "support/stand_in_device.h"

namespace focus::test {
namespace {

detector::LoadedModel tiny_loaded() {
  detector::LoadedModel loaded;
  loaded.info.model = tiny_options();
  loaded.info.categories = {{1, "a"}, {5, "b"}, {9, "c"}};
  loaded.model = tiny_model(loaded.info.model);
  return loaded;
}

io::TensorFile run(std::map<std::string, at::Tensor> tensors, at::ScalarType dtype = at::kFloat) {
  return detector::trace(tiny_loaded(), {std::move(tensors), {}}, dtype);
}

std::string message_of(std::map<std::string, at::Tensor> tensors) {
  try {
    run(std::move(tensors));
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

at::Tensor two_images() { return at::stack({image("test/trace/a", 64, 96), image("test/trace/b", 64, 96)}); }

at::Tensor sizes_of(const std::vector<int64_t>& heights_and_widths) {
  return at::tensor(heights_and_widths, at::kLong).view({-1, 2});
}

TEST(TraceRun, ImagesMustBeThereAndImages) {
  const auto expect_refused = [](std::map<std::string, at::Tensor> tensors) {
    const auto message = message_of(std::move(tensors));
    EXPECT_NE(message.find("'images'"), std::string::npos) << message;
  };
  expect_refused({});
  expect_refused({{"image", two_images()}});
  expect_refused({{"images", two_images().to(at::kLong)}});
  expect_refused({{"images", two_images().to(at::kDouble)}});
  expect_refused({{"images", two_images()[0]}});
  expect_refused({{"images", at::zeros({1, 4, 64, 96})}});
  expect_refused({{"images", at::zeros({1, 3, 0, 96})}});
  expect_refused({{"images", at::zeros({0, 3, 64, 96})}});
}

TEST(TraceRun, SizesMustFitTheImages) {
  const auto expect_refused = [](const at::Tensor& sizes) {
    const auto message = message_of({{"images", two_images()}, {"sizes", sizes}});
    EXPECT_NE(message.find("'sizes'"), std::string::npos) << message;
  };
  expect_refused(sizes_of({64, 96}));
  expect_refused(sizes_of({64, 96, 64, 96}).flatten());
  expect_refused(sizes_of({64, 96, 64, 96}).to(at::kFloat));
  expect_refused(sizes_of({64, 96, 64, 96}).to(at::kBool));
  expect_refused(sizes_of({64, 96, 65, 96}));
  expect_refused(sizes_of({64, 97, 64, 96}));
  expect_refused(sizes_of({64, 96, 0, 96}));
  expect_refused(sizes_of({64, 96, 64, -1}));
  expect_refused(sizes_of({int64_t{1} << 62, 96, 64, 96}));
}

TEST(TraceRun, WritesEveryStageAndTheAnswer) {
  const auto file = run({{"images", two_images()}, {"sizes", sizes_of({64, 96, 40, 56}).to(at::kInt)}});
  constexpr int64_t kTokens = 8 * 12 + 4 * 6 + 2 * 3 + 1 * 2;
  const std::map<std::string, std::vector<int64_t>> shapes{{"input", {2, 3, 64, 96}},
                                                           {"neck0", {2, 32, 8, 12}},
                                                           {"mask3", {2, 1, 2}},
                                                           {"fg_score", {2, kTokens}},
                                                           {"fg_inds0", {2, kTokens / 2 + 1}},
                                                           {"fg_inds1", {2, (kTokens / 2 + 1) / 2}},
                                                           {"memory", {2, kTokens, 32}},
                                                           {"enc_topk_idx", {2, 20}},
                                                           {"outputs_coord", {2, 2, 20, 4}},
                                                           {"det_scores", {2, 60}},
                                                           {"det_labels", {2, 60}},
                                                           {"det_query_idx", {2, 60}},
                                                           {"det_flat_idx", {2, 60}},
                                                           {"det_boxes_cxcywh_norm", {2, 60, 4}},
                                                           {"det_boxes_xyxy", {2, 60, 4}}};
  for (const auto& [name, shape] : shapes) {
    ASSERT_EQ(file.tensors.count(name), 1U) << name;
    EXPECT_EQ(file.tensors.at(name).sizes().vec(), shape) << name;
  }
  for (const auto& [name, tensor] : file.tensors) EXPECT_NE(tensor.scalar_type(), at::kDouble) << name;
  const auto& t = file.tensors;
  EXPECT_TRUE(t.at("det_flat_idx").equal(3 * t.at("det_query_idx") + t.at("det_labels")));
  const auto limits = at::tensor({96.0f, 64.0f, 96.0f, 64.0f, 56.0f, 40.0f, 56.0f, 40.0f}).view({2, 1, 4});
  EXPECT_TRUE(t.at("det_boxes_xyxy").le(limits).all().item<bool>()) << "clipped to each image's own size";
  EXPECT_FALSE(t.at("mask0")[0].any().item<bool>());
  EXPECT_TRUE(t.at("mask0")[1].any().item<bool>());
}

TEST(TraceRun, DoubleArithmeticGivesFloatTensorsOfTheSameAnswer) {
  const auto narrow = run({{"images", two_images()}});
  const auto wide = run({{"images", two_images()}}, at::kDouble);
  EXPECT_EQ(wide.tensors.at("fg_score").scalar_type(), at::kFloat);
  EXPECT_TRUE(wide.tensors.at("fg_score").allclose(narrow.tensors.at("fg_score"), 1e-3, 1e-3));
  EXPECT_FALSE(wide.tensors.at("fg_score").equal(narrow.tensors.at("fg_score")));
}

TEST(TraceRun, WithoutSizesNothingIsPadding) {
  const auto without = run({{"images", two_images()}});
  const auto with = run({{"images", two_images()}, {"sizes", sizes_of({64, 96, 64, 96})}});
  EXPECT_FALSE(without.tensors.at("mask0").any().item<bool>());
  for (const auto& [name, tensor] : with.tensors) EXPECT_TRUE(without.tensors.at(name).equal(tensor)) << name;
}

TEST(TraceRun, BytesAndFloatsAreTheSamePixels) {
  const auto bytes = run({{"images", two_images()}}), floats = run({{"images", two_images().to(at::kFloat)}});
  EXPECT_TRUE(bytes.tensors.at("input").equal(floats.tensors.at("input")));
  EXPECT_TRUE(bytes.tensors.at("det_scores").equal(floats.tensors.at("det_scores")));
}

TEST(TraceRun, WhatLiesInPaddingDoesNotMatter) {
  const auto sizes = sizes_of({64, 96, 40, 56});
  const auto images = two_images();
  auto other = images.clone();
  other[1].slice(1, 40).fill_(255);
  other[1].slice(2, 56).fill_(7);
  const auto a = run({{"images", images}, {"sizes", sizes}}), b = run({{"images", other}, {"sizes", sizes}});
  ASSERT_EQ(a.tensors.size(), b.tensors.size());
  for (const auto& [name, tensor] : a.tensors) EXPECT_TRUE(b.tensors.at(name).equal(tensor)) << name;

  other[1].slice(1, 0, 40).slice(2, 0, 56).fill_(7);
  const auto c = run({{"images", other}, {"sizes", sizes}});
  EXPECT_FALSE(c.tensors.at("det_scores")[1].equal(a.tensors.at("det_scores")[1])) << "the image itself does";
}

TEST(TraceRun, EveryStageComesBackFromAnotherDevice) {
  auto there = tiny_loaded();
  there.model->move_to(stand_in_device());
  const auto found = detector::trace(there, {{{"images", two_images()}}, {}}, at::kDouble);
  const auto expected = run({{"images", two_images()}}, at::kDouble);
  ASSERT_EQ(found.tensors.size(), expected.tensors.size());
  for (const auto& [name, tensor] : expected.tensors) {
    ASSERT_TRUE(found.tensors.count(name) == 1 && found.tensors.at(name).is_cpu()) << name;
    EXPECT_TRUE(found.tensors.at(name).to(at::kDouble).allclose(tensor.to(at::kDouble), 1e-5, 1e-6)) << name;
  }
}

}  // namespace
}  // namespace focus::test
