#include "export/proof/proof.h"

#include <gtest/gtest.h>

namespace focus::test {
namespace {

using exporter::difference;
using exporter::Found;
using exporter::Tolerance;

/// One image's detections: x1, y1, x2, y2, score, category each.
Found found(const std::vector<std::array<double, 6>>& rows) {
  const auto count = static_cast<int64_t>(rows.size());
  Found f{at::empty({1, count, 4}), at::empty({1, count}), at::empty({1, count}, at::kLong)};
  for (int64_t k = 0; k < count; ++k) {
    const auto& row = rows[static_cast<size_t>(k)];
    for (int64_t c = 0; c < 4; ++c) f.boxes[0][k][c] = row[static_cast<size_t>(c)];
    f.scores[0][k] = row[4];
    f.category_ids[0][k] = static_cast<int64_t>(row[5]);
  }
  return f;
}

const std::array<double, 6> kCup{10, 10, 50, 50, 0.9, 1}, kKey{60, 10, 90, 40, 0.8, 2},
    kLast{0, 0, 5, 5, 0.1, 1};

TEST(ProofDifference, IsNoneBetweenTheSame) {
  const auto list = found({kCup, kKey, kLast});
  const auto none = difference(list, list, {});
  EXPECT_EQ(none.unmatched, 0);
  EXPECT_EQ(none.compared, 4);  // The last of a list is not asked for.
  EXPECT_EQ(none.box, 0);
}

TEST(ProofDifference, IsNoneWhereEqualsChangePlaces) {
  auto twin = kKey;
  twin[4] = kCup[4] - 5e-6;
  auto near = kCup;
  near[4] -= 1e-5;
  EXPECT_EQ(difference(found({kCup, twin, kLast}), found({twin, near, kLast}), {}).unmatched, 0);
}

TEST(ProofDifference, CountsWhatOneSideLacks) {
  auto moved = kCup, renamed = kCup, doubted = kCup;
  moved[2] += 0.06;
  renamed[5] = 2;
  doubted[4] -= 2e-4;
  for (const auto& other : {moved, renamed, doubted}) {
    const auto apart = difference(found({kCup, kKey, kLast}), found({other, kKey, kLast}), {});
    EXPECT_EQ(apart.unmatched, 2) << "ours has none there, theirs none here";
    EXPECT_NE(apart.worst.find("category 1, score 0.9"), std::string::npos) << apart.worst;
  }
  EXPECT_EQ(difference(found({kCup, kLast}), found({moved, kLast}), Tolerance{1e-4, 0.1}).unmatched, 0);
  // Twice found is not once found.
  EXPECT_GT(difference(found({kCup, kCup, kLast}), found({kCup, kKey, kLast}), {}).unmatched, 0);
}

TEST(ProofDifference, AsksForNothingOfTheLastOfAList) {
  auto other = kLast;
  other[0] = 3;
  EXPECT_EQ(difference(found({kCup, kLast}), found({kCup, other}), {}).unmatched, 0);
}

}  // namespace
}  // namespace focus::test
