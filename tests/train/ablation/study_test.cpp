#include "train/ablation/study.h"

#include <gtest/gtest.h>

#include <numeric>
#include <set>

#include "base/error.h"

namespace focus::train {
namespace {

models::DetectorOptions paper() { return {}; }

std::vector<std::string> folders_of(const std::vector<Variant>& variants) {
  std::vector<std::string> folders;
  for (const auto& variant : variants) folders.push_back(variant.folder);
  return folders;
}

TEST(Study, EveryStudyHoldsTheModelAsConfiguredOnceAndNoVariantTwice) {
  for (const auto& name : study_names()) {
    const auto variants = study_variants(name, paper());
    std::set<std::string> options, folders;
    int full = 0;
    for (const auto& variant : variants) {
      EXPECT_NO_THROW(variant.model.validate()) << name << ": " << variant.label;
      options.insert(options_to_json(variant.model).dump());
      folders.insert(variant.folder);
      if (variant.folder == "full") {
        ++full;
        EXPECT_EQ(options_to_json(variant.model), options_to_json(paper()));
      }
    }
    EXPECT_EQ(full, 1) << name;
    EXPECT_EQ(options.size(), variants.size()) << name;
    EXPECT_EQ(folders.size(), variants.size()) << name;
  }
}

TEST(Study, KeepRatioGoesFromATenthToAHalf) {
  const auto variants = study_variants("keep-ratio", paper());
  ASSERT_EQ(variants.size(), 5U);
  for (size_t i = 0; i < 5; ++i) {
    EXPECT_DOUBLE_EQ(variants[i].model.focus.keep_ratio, 0.1 * static_cast<double>(i + 1));
  }
  EXPECT_EQ(folders_of(variants),
            (std::vector<std::string>{"keep-ratio-keep-0.1", "keep-ratio-keep-0.2", "keep-ratio-keep-0.3",
                                      "keep-ratio-keep-0.4", "full"}));
}

TEST(Study, AModuleLeftOutIsTheOnlyDifference) {
  const auto variants = study_variants("modules", paper());
  ASSERT_EQ(variants.size(), 5U);
  EXPECT_FALSE(variants[1].model.focus.dual_attention);
  EXPECT_FALSE(variants[2].model.focus.top_down);
  EXPECT_FALSE(variants[3].model.focus.category_score);
  for (size_t i = 1; i < 4; ++i) {
    auto focus = variants[i].model.focus;
    focus.dual_attention = focus.top_down = focus.category_score = true;
    EXPECT_EQ(options_to_json(focus), options_to_json(paper().focus)) << variants[i].label;
  }
}

TEST(Study, WithoutTheCascadeAsManyTokensAreUpdated) {
  const auto sum = [](const std::vector<double>& x) { return std::accumulate(x.begin(), x.end(), 0.0); };
  const auto flat = study_variants("modules", paper()).back().model.focus.cascade;
  EXPECT_EQ(flat.front(), flat.back());
  EXPECT_NEAR(sum(flat), sum(paper().focus.cascade), 1e-12);
  const auto cascades = study_variants("cascade", paper());
  ASSERT_EQ(cascades.size(), 4U);
  EXPECT_EQ(cascades[1].model.focus.cascade, flat);
  EXPECT_EQ(cascades[2].model.focus.cascade.front(), paper().focus.cascade.back());
  EXPECT_EQ(sum(cascades[3].model.focus.cascade), 6);
}

TEST(Study, FineGrainedTokensGoFromNoneToMore) {
  const auto variants = study_variants("fine-grained", paper());
  ASSERT_EQ(variants.size(), 5U);
  EXPECT_FALSE(variants[0].model.focus.dual_attention);
  EXPECT_EQ(variants[1].model.focus.fine_grained_tokens, 100);
  EXPECT_EQ(variants[4].model.focus.fine_grained_tokens, 400);
}

TEST(Study, WhatCannotBeStudiedIsRefused) {
  const auto refusal = [](const std::string& study, const models::DetectorOptions& base) -> std::string {
    try {
      study_variants(study, base);
    } catch (const UsageError& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_NE(refusal("depth", paper()).find("there are keep-ratio, modules"), std::string::npos);
  auto dino = paper();
  dino.architecture = "dino";
  EXPECT_NE(refusal("modules", dino).find("model.architecture is dino"), std::string::npos);
  auto partial = paper();
  partial.focus.top_down = false;
  EXPECT_NE(refusal("modules", partial).find("top_down"), std::string::npos);
}

}  // namespace
}  // namespace focus::train
