#include "losses/matcher.h"

#include <limits>

#include "base/error.h"
#include "losses/golden.h"
#include "support/deterministic.h"

namespace {

using focus::losses::HungarianMatcher;
using focus::test::expect_close;
using focus::test::golden;
namespace nn = focus::nn;

std::vector<nn::Target> unit_targets() {
  std::vector<nn::Target> targets(2);
  targets[0].labels = at::tensor({17, 3, 62}, at::kLong);
  targets[1].labels = at::tensor({0, 44, 79, 17, 25}, at::kLong);
  targets[0].boxes = focus::test::tensor("unit/match/tb0", {3, 4}, 0.15, 0.4);
  targets[1].boxes = focus::test::tensor("unit/match/tb1", {5, 4}, 0.15, 0.4);
  return targets;
}

nn::Prediction unit_prediction() {
  return {focus::test::tensor("unit/match/logits", {2, 30, 80}, 4, -3),
          focus::test::tensor("unit/match/boxes", {2, 30, 4}, 0.2, 0.4)};
}

std::string refusal(const nn::Prediction& prediction, const std::vector<nn::Target>& targets) {
  try {
    HungarianMatcher().match({unit_prediction(), prediction}, targets);
  } catch (const focus::Error& error) {
    return error.what();
  }
  return "";
}

TEST(Matcher, CostsAndMatchesOfTheReference) {
  const HungarianMatcher matcher;
  const auto prediction = unit_prediction();
  const auto targets = unit_targets();
  const auto assignment = matcher.match({prediction}, targets).at(0);
  for (int64_t i = 0; i < 2; ++i) {
    const std::string n = std::to_string(i);
    expect_close(matcher.cost(prediction.logits[i], prediction.boxes[i], targets[i]),
                 golden("units", "match_cost" + n), 1e-5);
    EXPECT_TRUE(assignment[i].src.equal(golden("units", "match_src" + n)));
    EXPECT_TRUE(assignment[i].tgt.equal(golden("units", "match_tgt" + n)));
  }
}

TEST(Matcher, SeveralHeadsAreMatchedAsEachAlone) {
  const HungarianMatcher matcher;
  const auto targets = unit_targets();
  const auto first = unit_prediction();
  const nn::Prediction second{first.logits.flip(1), first.boxes.flip(1)};
  const auto together = matcher.match({first, second}, targets);
  ASSERT_EQ(together.size(), 2u);
  for (size_t i = 0; i < 2; ++i) {
    EXPECT_TRUE(together[0][i].src.equal(matcher.match({first}, targets)[0][i].src));
    // Reversed queries give the same pairs seen from the other end.
    EXPECT_TRUE(together[1][i].src.equal(29 - together[0][i].src.flip(0)));
    EXPECT_TRUE(together[1][i].tgt.equal(together[0][i].tgt.flip(0)));
  }
}

TEST(Matcher, CostsAreThoseOfWhenItBegan) {
  const HungarianMatcher matcher;
  const auto targets = unit_targets();
  const auto prediction = unit_prediction();
  const auto at_once = matcher.match({prediction}, targets).at(0);
  const auto matching = matcher.begin({prediction}, targets);
  prediction.logits.zero_();
  prediction.boxes.fill_(0.5);
  const auto later = matching.finish().at(0);
  for (size_t i = 0; i < targets.size(); ++i) {
    EXPECT_TRUE(later[i].src.equal(at_once[i].src)) << i;
    EXPECT_TRUE(later[i].tgt.equal(at_once[i].tgt)) << i;
  }
}

TEST(Matcher, ImagesWithoutBoxesMatchNothing) {
  auto targets = unit_targets();
  targets[0] = {at::empty({0}, at::kLong), at::empty({0, 4}), {}};
  const auto assignment = HungarianMatcher().match({unit_prediction()}, targets)[0];
  EXPECT_EQ(assignment[0].src.numel(), 0);
  EXPECT_EQ(assignment[0].src.scalar_type(), at::kLong);
  EXPECT_EQ(assignment[1].src.numel(), 5);
}

TEST(Matcher, MoreBoxesThanQueries) {
  const auto targets = unit_targets();
  auto prediction = unit_prediction();
  prediction = {prediction.logits.slice(1, 0, 4), prediction.boxes.slice(1, 0, 4)};
  const auto match = HungarianMatcher().match({prediction}, targets)[0][1];
  EXPECT_TRUE(match.src.equal(at::arange(4)));
  EXPECT_EQ(match.tgt.numel(), 4);
}

TEST(Matcher, RefusalNamesWhereTheCostIsNotFinite) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const auto targets = unit_targets();
  auto prediction = unit_prediction();
  prediction.logits[1][6][79] = nan;
  const std::string in_class = refusal(prediction, targets);
  EXPECT_NE(in_class.find("class cost of query 6 (row) and box 2 (column) of image 1 in prediction head 1"),
            std::string::npos)
      << in_class;

  prediction = unit_prediction();
  prediction.boxes[0][29][3] = nan;
  EXPECT_NE(refusal(prediction, targets).find("box cost of query 29 (row) and box 0 (column) of image 0"),
            std::string::npos);

  prediction = unit_prediction();
  prediction.boxes[0][2] = at::tensor({0.0, 0.0, 1e30, 1e30});  // Its area is more than a float holds.
  EXPECT_NE(refusal(prediction, targets).find("giou cost of query 2"), std::string::npos);
}

}  // namespace
