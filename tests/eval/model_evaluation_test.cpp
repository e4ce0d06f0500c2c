#include "eval/model_evaluation.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "eval/coco_evaluator.h"
#include "images/test_images.h"
#include "models/tiny_model.h"

namespace focus::test {
namespace {

using eval::BoxDetection;
using eval::ModelEvaluationOptions;

const std::vector<data::Category> kCategories{{5, "a"}, {9, "b"}, {40, "c"}};
constexpr int kImages = 7;

/// Images of two sizes and a model that has learned nothing.
class ModelEvaluation : public testing::Test {
 protected:
  void SetUp() override {
    std::vector<std::string> names;
    std::vector<images::Image> pixels;
    for (int i = 0; i < kImages; ++i) {
      const int height = i % 3 == 1 ? 40 : 48, width = i % 3 == 1 ? 56 : 64;
      names.push_back(std::to_string(i) + ".png");
      pixels.push_back(noise(height, width, static_cast<uint64_t>(i) + 1));
      images.push_back({100 + i, names.back(), {height, width}});
    }
    place = write_images(folder.path(), names, pixels);
    preprocess.short_side = 48;
    preprocess.max_side = 64;
    // Not the deterministic weights: they are large and turn rounding into more than rounding.
    at::manual_seed(7);
    model = std::make_shared<models::FocusDetr>(tiny_options());
    model->eval();
  }

  std::shared_ptr<const data::AnnotationStore> store(
      const std::vector<std::vector<data::Annotation>>& boxes) const {
    return std::make_shared<const data::AnnotationStore>(kCategories, images, boxes, place);
  }
  std::shared_ptr<const data::AnnotationStore> store_without_boxes() const {
    return store(std::vector<std::vector<data::Annotation>>(images.size()));
  }

  std::vector<BoxDetection> detect(int64_t batch_size, int64_t workers) const {
    ModelEvaluationOptions options;
    options.batch_size = batch_size;
    options.workers = workers;
    return eval::detect_all(*model, preprocess, eval::join_classes(kCategories, kCategories),
                            store_without_boxes(), options);
  }

  TemporaryFolder folder;
  std::filesystem::path place;
  std::vector<data::ImageRecord> images;
  images::PreprocessOptions preprocess;
  std::shared_ptr<models::FocusDetr> model;
};

bool same(const BoxDetection& a, const BoxDetection& b) {
  return a.image_id == b.image_id && a.category_id == b.category_id && std::abs(a.score - b.score) <= 1e-6 &&
         std::abs(a.x - b.x) <= 1e-3 && std::abs(a.y - b.y) <= 1e-3 && std::abs(a.width - b.width) <= 1e-3 &&
         std::abs(a.height - b.height) <= 1e-3;
}

/// The same detections, in whatever order.
void expect_same(const std::vector<BoxDetection>& found, const std::vector<BoxDetection>& expected) {
  ASSERT_EQ(found.size(), expected.size());
  std::vector<bool> taken(expected.size());
  for (const auto& detection : found) {
    size_t i = 0;
    while (i < expected.size() && (taken[i] || !same(detection, expected[i]))) ++i;
    ASSERT_LT(i, expected.size()) << "image " << detection.image_id << ", score " << detection.score;
    taken[i] = true;
  }
}

TEST_F(ModelEvaluation, BatchSizeAndWorkersDoNotChangeTheResult) {
  const auto reference = detect(1, 0);
  ASSERT_EQ(reference.size(), static_cast<size_t>(kImages) * 60) << "20 queries of 3 classes per image";

  // The best detections as truth, so that there is something to measure.
  std::vector<std::vector<data::Annotation>> truth(images.size());
  for (const auto& d : reference) {
    auto& boxes = truth[static_cast<size_t>(d.image_id - 100)];
    if (boxes.size() >= 2) continue;
    const auto category = std::find_if(kCategories.begin(), kCategories.end(),
                                       [&](const data::Category& c) { return c.id == d.category_id; });
    ASSERT_NE(category, kCategories.end());
    boxes.push_back({.id = 10 * d.image_id + static_cast<int64_t>(boxes.size()),
                     .label = category - kCategories.begin(),
                     .x = d.x,
                     .y = d.y,
                     .width = d.width,
                     .height = d.height,
                     .area = d.area()});
  }
  const auto with_truth = store(truth);
  const auto expected = eval::evaluate(*with_truth, reference);
  EXPECT_GT(expected.ap, 0.01);
  EXPECT_EQ(expected.unknown_category_detections, 0);

  for (const int64_t batch_size : {1, 4}) {
    for (const int64_t workers : {0, 2}) {
      SCOPED_TRACE(fmt::format("batch size {}, {} workers", batch_size, workers));
      const auto found = detect(batch_size, workers);
      expect_same(found, reference);
      EXPECT_EQ(eval::evaluate(*with_truth, found).to_json(), expected.to_json());
    }
  }
}

TEST_F(ModelEvaluation, DetectionsAreInTheImagesOfTheStore) {
  std::map<int64_t, nn::ImageSize> sizes;
  for (const auto& image : images) sizes[image.id] = image.size;
  std::set<int64_t> seen;
  for (const auto& d : detect(4, 0)) {
    ASSERT_TRUE(sizes.contains(d.image_id)) << d.image_id;
    seen.insert(d.image_id);
    const auto [height, width] = sizes[d.image_id];
    EXPECT_TRUE(d.x >= 0 && d.width >= 0 && d.x + d.width <= static_cast<double>(width) + 1e-4);
    EXPECT_TRUE(d.y >= 0 && d.height >= 0 && d.y + d.height <= static_cast<double>(height) + 1e-4);
    EXPECT_TRUE(d.category_id == 5 || d.category_id == 9 || d.category_id == 40) << d.category_id;
  }
  EXPECT_EQ(seen.size(), images.size());
}

TEST_F(ModelEvaluation, TheModelStaysInItsMode) {
  detect(4, 0);
  EXPECT_FALSE(model->is_training());
  model->train();
  const auto while_training = detect(4, 0);
  EXPECT_TRUE(model->is_training());
  model->eval();
  expect_same(while_training, detect(4, 0));
}

TEST_F(ModelEvaluation, ProgressCountsEveryImageOnce) {
  std::vector<int64_t> done;
  ModelEvaluationOptions options;
  options.batch_size = 4;
  options.workers = 0;
  options.progress = [&](int64_t images, int64_t all) {
    EXPECT_EQ(all, kImages);
    done.push_back(images);
  };
  eval::detect_all(*model, preprocess, eval::join_classes(kCategories, kCategories), store_without_boxes(),
                   options);
  // 5 images of one size and 2 of another: a full batch, and what is left of each size.
  ASSERT_EQ(done.size(), 3U);
  EXPECT_TRUE(std::is_sorted(done.begin(), done.end()));
  EXPECT_EQ(done.back(), kImages);
}

TEST_F(ModelEvaluation, ClassesWithoutAPartnerFindNothing) {
  ModelEvaluationOptions options;
  options.workers = 0;
  const auto classes = eval::join_classes(kCategories, {{1, "c"}, {9, "d"}, {7, "a"}});
  const auto found = eval::detect_all(*model, preprocess, classes, store_without_boxes(), options);
  ASSERT_EQ(found.size(), static_cast<size_t>(kImages) * 40) << "20 queries of the 2 classes that are joined";
  for (const auto& d : found) EXPECT_TRUE(d.category_id == 1 || d.category_id == 7) << d.category_id;
}

}  // namespace
}  // namespace focus::test
