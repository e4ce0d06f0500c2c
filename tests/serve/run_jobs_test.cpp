#include "serve/run_jobs.h"

#include <gtest/gtest.h>

#include "detector/tiles.h"
#include "http/error.h"
#include "images/test_images.h"
#include "serve/served_models.h"

namespace focus::serve {
namespace {

const std::function<bool()> kSomebodyWaits = [] { return false; };

class RunJobs : public testing::Test {
 protected:
  Job job(const images::Image& image, const Look& look = {}) const {
    Job made;
    made.model = model_;
    made.image = image;
    made.look = look;
    return made;
  }
  ServedModelPointer model_ = test::served_tiny_model();
};

TEST_F(RunJobs, EachImageHasItsOwnThresholdAndLimit) {
  const auto image = test::noise(48, 64);
  auto all = job(image), some = job(image), sure = job(image);
  some.look.options.max_detections = 3;
  sure.look.options.threshold = 0.9;
  const auto results = run_jobs({all, some, sure}, 4, kSomebodyWaits);
  const auto expected = model_->detector->detect(image, {});
  ASSERT_EQ(results.size(), 3U);
  ASSERT_EQ(results[0].detections.size(), expected.size());
  EXPECT_EQ(results[0].detections[0].x1, expected[0].x1);
  EXPECT_EQ(results[1].detections.size(), 3U);
  EXPECT_TRUE(results[2].detections.empty());
  const auto counts = model_->statistics->counts();
  EXPECT_EQ(counts.execution_count, 1U);
  EXPECT_EQ(counts.inference_count, 3U);
  EXPECT_EQ(counts.batches.at(3).count, 1U);
  EXPECT_GT(counts.last_inference_ms, 0U);
}

TEST_F(RunJobs, TilesComeAtMostAsManyAsABatchAtATime) {
  const auto image = test::noise(120, 160);
  Look look;
  look.tiles = 4;
  const auto results = run_jobs({job(image, look)}, 5, kSomebodyWaits);
  const auto expected = detector::detect_in_tiles(*model_->detector, image, look.options, 4);
  ASSERT_EQ(results.at(0).detections.size(), expected.size());
  for (size_t i = 0; i < expected.size(); ++i) {
    EXPECT_NEAR(results[0].detections[i].x1, expected[i].x1, 1e-3);
  }
  const auto counts = model_->statistics->counts();
  EXPECT_EQ(static_cast<int64_t>(counts.inference_count), views_of({120, 160}, look));
  EXPECT_EQ(counts.batches.rbegin()->first, 5);
  EXPECT_EQ(counts.execution_count, 4U) << "the whole, then 5 + 5 + 2 of 12 tiles";
}

TEST_F(RunJobs, StopsBetweenTiles) {
  Look look;
  look.tiles = 8;
  int asked = 0;
  const auto stop = [&] { return ++asked > 3; };
  EXPECT_THROW(run_jobs({job(test::noise(64, 64), look)}, 4, stop), http::HttpError);
  EXPECT_EQ(model_->statistics->counts().execution_count, 3U) << "of 17";
}

TEST_F(RunJobs, OthersMayRunTheModelBetweenTiles) {
  const auto image = test::noise(120, 160);
  Look look;
  look.tiles = 4;
  look.keep_ratio = 0.1;
  const auto expected = run_jobs({job(image, look)}, 5, kSomebodyWaits);
  int pauses = 0;
  const auto other = [&] {
    ++pauses;
    Look whole;
    whole.keep_ratio = 1.0;
    run_jobs({job(test::noise(64, 64), whole)}, 4, kSomebodyWaits);
  };
  const auto found = run_jobs({job(image, look)}, 5, kSomebodyWaits, other);
  EXPECT_EQ(pauses, 3) << "the whole, then 5 + 5 + 2 of 12 tiles";
  ASSERT_EQ(found.at(0).detections.size(), expected.at(0).detections.size());
  for (size_t i = 0; i < found[0].detections.size(); ++i) {
    EXPECT_EQ(found[0].detections[i].score, expected[0].detections[i].score) << "by its own keep ratio";
    EXPECT_EQ(found[0].detections[i].x1, expected[0].detections[i].x1);
  }
}

TEST_F(RunJobs, ExplainsAndKeepsWhatAJobSays) {
  Look look;
  look.explain = true;
  look.keep_ratio = 0.1;
  const auto few = run_jobs({job(test::noise(64, 64), look)}, 4, kSomebodyWaits);
  look.keep_ratio = std::nullopt;
  const auto whole = run_jobs({job(test::noise(64, 64), look)}, 4, kSomebodyWaits);
  ASSERT_TRUE(few.at(0).explanation && whole.at(0).explanation);
  EXPECT_LT(few[0].explanation->layers[0].updated.size(), whole[0].explanation->layers[0].updated.size());
  EXPECT_EQ(whole[0].detections.size(), whole[0].explanation->detections.size());
}

}  // namespace
}  // namespace focus::serve
