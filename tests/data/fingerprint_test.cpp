#include "data/fingerprint.h"

#include <gtest/gtest.h>

namespace focus::data {
namespace {

std::string of(const std::vector<Category>& categories, const std::vector<ImageRecord>& images,
               const std::vector<std::vector<Annotation>>& boxes) {
  return fingerprint(AnnotationStore(categories, images, boxes, "anywhere"));
}

TEST(Fingerprint, ChangesWithAnythingThatIsAnnotated) {
  const std::vector<Category> categories{{3, "cat"}, {5, "dog"}};
  const std::vector<ImageRecord> images{{1, "a.png", {48, 64}}, {2, "b.png", {48, 64}}};
  const Annotation box{.id = 1, .label = 1, .x = 1, .y = 2, .width = 30, .height = 4, .area = 120};
  const std::string whole = of(categories, images, {{box}, {}});
  EXPECT_EQ(whole.size(), 8u);
  EXPECT_EQ(whole, of(categories, images, {{box}, {}}));

  EXPECT_NE(whole, of(categories, images, {{}, {box}}));
  EXPECT_NE(whole, of(categories, images, {{box, box}, {}}));
  EXPECT_NE(whole, of({{3, "cat"}, {5, "cow"}}, images, {{box}, {}}));
  EXPECT_NE(whole, of(categories, {{1, "a.png", {48, 64}}, {2, "c.png", {48, 64}}}, {{box}, {}}));
  EXPECT_NE(whole, of(categories, {images[1], images[0]}, {{box}, {}}));
  auto moved = box;
  moved.x += 0.5;
  EXPECT_NE(whole, of(categories, images, {{moved}, {}}));
  auto crowd = box;
  crowd.crowd = true;
  EXPECT_NE(whole, of(categories, images, {{crowd}, {}}));
}

}  // namespace
}  // namespace focus::data
