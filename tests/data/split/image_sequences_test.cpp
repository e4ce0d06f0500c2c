#include "data/split/image_sequences.h"

#include <gtest/gtest.h>

#include <set>

namespace focus::data {
namespace {

using Names = std::vector<std::string>;
using Groups = std::vector<size_t>;

TEST(ImageSequences, FramesAreJoinedByTheirNumbers) {
  const auto found =
      sequences_of({"a_0001.jpg", "a_0002.jpg", "b_0001.jpg", "a_0010.png", "cam/a_0003.jpg", "x.jpg",
                    "y.jpg", "clip7_frame12_left.jpg", "clip7_frame13_left.jpg", "clip8_frame12_left.jpg"},
                   100);
  const auto& of = found.group_of;
  EXPECT_EQ(of[0], of[1]);
  EXPECT_EQ(of[0], of[3]) << "whatever the gap and the ending";
  EXPECT_EQ(of[7], of[8]);
  EXPECT_EQ((std::set<size_t>(of.begin(), of.end()).size()), 7u);
  EXPECT_EQ(found.cut_sequences, 0);
}

TEST(ImageSequences, LongOnesAreCutIntoNeighbours) {
  Names names;
  for (int i = 0; i < 10; ++i) names.push_back("f" + std::to_string(9 - i) + ".jpg");
  const auto found = sequences_of(names, 4);
  EXPECT_EQ(found.group_of, (Groups{2, 2, 2, 1, 1, 1, 0, 0, 0, 0}));
  EXPECT_EQ(found.cut_sequences, 1);
  // Numbers, not texts: 9 comes before 10, whatever zeros lead.
  EXPECT_EQ(sequences_of({"f10.jpg", "f9.jpg", "f011.jpg", "f8.jpg"}, 2).group_of, (Groups{1, 0, 1, 0}));
  // More digits than any integer has.
  EXPECT_EQ(sequences_of({"f100000000000000000000000.jpg", "f99999999999999999999999.jpg"}, 1).group_of,
            (Groups{1, 0}));
}

TEST(ImageSequences, RoboflowsCopiesAreJoined) {
  EXPECT_EQ(copies_of({"a_jpg.rf.1f2e.jpg", "b_jpg.rf.77.jpg", "a_jpg.rf.9c.jpg", "a.jpg", "a.png"}).group_of,
            (Groups{0, 1, 0, 2, 3}));
}

TEST(ImageSequences, JoinedGroupsHoldBoth) {
  EXPECT_EQ(joined_groups({0, 0, 1, 2, 3}, {5, 6, 6, 7, 8}), (Groups{0, 0, 0, 1, 2}));
}

}  // namespace
}  // namespace focus::data
