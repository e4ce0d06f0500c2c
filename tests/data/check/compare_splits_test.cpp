#include "data/check/compare_splits.h"

#include <gtest/gtest.h>

namespace {

using namespace focus::data;

using namespace focus::images;

TEST(CompareSplits, NamesAndIdsAreCompared) {
  const SplitClasses train{"train", {{0, "red"}, {1, "yellow"}}};
  EXPECT_TRUE(compare_splits({train, {"val", train.categories}}).empty());
  EXPECT_TRUE(compare_splits({train}).empty());

  const auto swapped = compare_splits({train, {"val", {{0, "yellow"}, {1, "red"}}}});
  ASSERT_EQ(swapped.size(), 1u);
  EXPECT_EQ(swapped[0].kind, IssueKind::kOtherClasses);
  EXPECT_FALSE(is_error(swapped[0].kind));
  EXPECT_EQ(swapped[0].entry, "split val");
  EXPECT_NE(swapped[0].text.find("'yellow' 0 instead of 1"), std::string::npos) << swapped[0].text;

  const auto other = compare_splits({train, {"val", {{1, "yellow"}, {2, "green"}}}});
  ASSERT_EQ(other.size(), 2u);
  EXPECT_NE(other[0].text.find("'green'"), std::string::npos) << other[0].text;
  EXPECT_NE(other[1].text.find("lacks 1 classes of split train: 'red'"), std::string::npos) << other[1].text;

  const auto none = compare_splits({train, {"val", {{0, "Red"}}}});
  ASSERT_EQ(none.size(), 1u);
  EXPECT_TRUE(is_error(none[0].kind));
  EXPECT_NE(none[0].text.find("'Red'"), std::string::npos) << none[0].text;
}

}  // namespace
