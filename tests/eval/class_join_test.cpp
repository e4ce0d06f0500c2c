#include "eval/class_join.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace {

using focus::data::Category;
using focus::eval::ClassJoin;
using focus::eval::join_classes;
using focus::eval::require_joined;
using Ids = std::vector<std::optional<int64_t>>;
using Names = std::vector<std::string>;

const std::vector<Category> kModel{{5, "a"}, {9, "b"}, {40, "c"}};

TEST(ClassJoin, NamesDecideClassByClass) {
  EXPECT_EQ(join_classes(kModel, kModel).ids, (Ids{5, 9, 40}));
  EXPECT_TRUE(join_classes(kModel, kModel).notes("m", "d").empty());
  EXPECT_EQ(join_classes(kModel, {{5, "b"}, {9, "a"}, {40, "c"}}).ids, (Ids{9, 5, 40})) << "exchanged ids";

  const ClassJoin some = join_classes(kModel, {{1, "c"}, {5, "d"}, {4, "a"}});
  EXPECT_EQ(some.ids, (Ids{4, std::nullopt, 1})) << "what is missing leaves the others joined";
  EXPECT_EQ(some.only_in_model, Names{"b"});
  EXPECT_EQ(some.only_in_dataset, Names{"d"});
  const auto notes = some.notes("the model", "the set");
  ASSERT_EQ(notes.size(), 2u);
  EXPECT_NE(notes[0].find("1 of 3 classes of the model are not in the set"), std::string::npos) << notes[0];
  EXPECT_NE(notes[0].find("'b'"), std::string::npos) << notes[0];
  EXPECT_NE(notes[1].find("'d'"), std::string::npos) << notes[1];
  EXPECT_NE(notes[1].find("missed"), std::string::npos) << notes[1];

  EXPECT_EQ(join_classes(kModel, {{3, "b"}}).ids, (Ids{std::nullopt, 3, std::nullopt}));
}

TEST(ClassJoin, NamesUsedTwiceNeedTheirIds) {
  const std::vector<Category> twice{{1, "a"}, {3, "c"}, {4, "c"}};
  EXPECT_EQ(join_classes(twice, twice).ids, (Ids{1, 3, 4}));
  EXPECT_EQ(join_classes(kModel, twice).ids, (Ids{1, std::nullopt, std::nullopt})) << "which of the two?";
  EXPECT_EQ(join_classes(twice, {{4, "c"}, {7, "c"}}).ids, (Ids{std::nullopt, std::nullopt, 4}));
}

TEST(ClassJoin, NoCommonNameIsRefused) {
  EXPECT_TRUE(require_joined(kModel, {{1, "c"}}, "m", "d").matches());
  EXPECT_FALSE(require_joined(kModel, {}, "m", "d").matches()) << "annotations without classes have no boxes";
  try {
    require_joined(kModel, {{5, "A"}, {9, "B"}}, "best.safetensors", "data, split val");
    FAIL();
  } catch (const focus::Error& error) {
    const std::string text = error.what();
    for (const char* word : {"best.safetensors", "data, split val", "'a', 'b', 'c'", "'A', 'B'", "names"})
      EXPECT_NE(text.find(word), std::string::npos) << text;
  }
}

}  // namespace
