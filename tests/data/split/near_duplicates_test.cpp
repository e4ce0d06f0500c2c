#include "data/split/near_duplicates.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "images/test_images.h"

namespace focus::data {
namespace {

/// Waves, as soft as photographs are from afar; `shift` moves them by parts of the image, `light` brightens.
images::Image waves(int height, int width, double shift, int light, double frequency = 9) {
  return images::Image::by_rows(height, width, 3, [&](int y, uint8_t* row) {
    for (int x = 0; x < width; ++x) {
      const double u = static_cast<double>(x) / width + shift, v = static_cast<double>(y) / height;
      const double value =
          110 + 50 * std::sin(frequency * u + 3 * v) + 40 * std::cos(7 * v - frequency * u * v);
      for (int c = 0; c < 3; ++c)
        row[3 * x + c] = static_cast<uint8_t>(std::clamp(value + light + 5 * c, 0., 255.));
    }
  });
}

TEST(NearDuplicates, CopiesAreFoundAndOthersAreNot) {
  const auto original = sketch_of(waves(96, 128, 0, 0));
  EXPECT_TRUE(is_near_duplicate(original, sketch_of(waves(96, 128, 0, 0))));
  EXPECT_TRUE(is_near_duplicate(original, sketch_of(waves(48, 64, 0, 0)))) << "half the size";
  EXPECT_TRUE(is_near_duplicate(original, sketch_of(waves(96, 128, 0, 5)))) << "a little brighter";
  EXPECT_FALSE(is_near_duplicate(original, sketch_of(waves(96, 128, 0.3, 0)))) << "moved";
  EXPECT_FALSE(is_near_duplicate(original, sketch_of(waves(96, 128, 0, 0, 4)))) << "another motif";
  EXPECT_FALSE(is_near_duplicate(original, sketch_of(waves(96, 128, 0, 60)))) << "night and day";
  EXPECT_FALSE(is_near_duplicate(sketch_of(test::noise(96, 128, 1)), sketch_of(test::noise(96, 128, 2))));
  EXPECT_TRUE(is_near_duplicate(sketch_of(test::noise(3, 2, 1)), sketch_of(test::noise(3, 2, 1))))
      << "smaller than 9";
}

TEST(NearDuplicates, GroupsAreWhatHangsTogether) {
  std::vector<ImageSketch> sketches;
  for (const double shift : {0.0, 0.5, 0.0, 0.25, 0.5})
    sketches.push_back(sketch_of(waves(90, 120, shift, 0)));
  EXPECT_EQ(near_duplicate_groups(sketches), (std::vector<size_t>{0, 1, 0, 2, 1}));
  EXPECT_TRUE(near_duplicate_groups({}).empty());
}

}  // namespace
}  // namespace focus::data
