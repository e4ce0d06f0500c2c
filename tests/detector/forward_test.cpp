#include "detector/forward.h"

#include <gtest/gtest.h>

#include <stdexcept>

#include "models/tiny_model.h"
#include "support/stand_in_device.h"

namespace {

using namespace focus;

/// Records like a CUDA graph: what was launched runs again on the same memory. Counts both.
struct Recordings {
  int64_t made = 0, replayed = 0;

  detector::Recorder recorder() {
    return [this](const std::function<void()>& work) -> std::unique_ptr<detector::Recording> {
      struct Again final : detector::Recording {
        Again(std::function<void()> repeated, int64_t& counter) : work(std::move(repeated)), count(counter) {}
        void replay() override {
          work();
          ++count;
        }
        std::function<void()> work;
        int64_t& count;
      };
      ++made;
      work();
      return std::make_unique<Again>(work, replayed);
    };
  }
};

at::Tensor images(const std::string& name, int64_t height = 70, int64_t width = 94) {
  return test::tensor("forward/" + name, {1, 3, height, width});
}

void expect_same(const models::TopDetections& found, const models::TopDetections& expected) {
  EXPECT_TRUE(found.scores.cpu().equal(expected.scores));
  EXPECT_TRUE(found.labels.cpu().equal(expected.labels));
  EXPECT_TRUE(found.boxes.cpu().equal(expected.boxes));
  EXPECT_TRUE(found.queries.cpu().equal(expected.queries));
}

class ReplayedForward : public testing::Test {
 protected:
  models::TopDetections plainly(const at::Tensor& images, int64_t most = 10) {
    return detector::best_detections(*model, detector::unpadded_batch(images), most);
  }

  std::shared_ptr<models::Detector> model = test::tiny_detector(test::tiny_options());
  Recordings recordings;
  detector::Forward forward{*model, recordings.recorder()};
};

TEST_F(ReplayedForward, RecordsTheSecondRunOfAShapeAndReplaysWithOtherImages) {
  for (const char* name : {"a", "b", "c", "d"}) expect_same(forward(images(name), 10), plainly(images(name)));
  EXPECT_EQ(recordings.made, 1);
  EXPECT_EQ(recordings.replayed, 3);
  EXPECT_EQ(forward.failure(), "");
}

TEST_F(ReplayedForward, WhatIsReturnedIsNotWrittenToAgain) {
  forward(images("a"), 10);
  const auto first = forward(images("a"), 10);
  forward(images("b"), 10);
  expect_same(first, plainly(images("a")));
}

TEST_F(ReplayedForward, RecordsEachShapeLimitAndKeepRatioApart) {
  for (int round = 0; round < 3; ++round) {
    expect_same(forward(images("a"), 10), plainly(images("a")));
    expect_same(forward(images("a", 94, 70), 10), plainly(images("a", 94, 70)));
    expect_same(forward(images("a"), 3), plainly(images("a"), 3));
  }
  EXPECT_EQ(recordings.made, 3);
  model->set_keep_ratio(0.2);
  for (int round = 0; round < 3; ++round) expect_same(forward(images("a"), 10), plainly(images("a")));
  EXPECT_EQ(recordings.made, 4);
}

TEST_F(ReplayedForward, ForgetsTheShapeNotUsedForLongest) {
  const auto of_width = [&](int64_t width) { forward(images("a", 64, width), 10); };
  for (int round = 0; round < 2; ++round) of_width(64);
  for (size_t other = 0; other < detector::Forward::kMaxShapes; ++other)
    of_width(72 + 8 * static_cast<int64_t>(other));
  EXPECT_EQ(recordings.made, 1);
  for (int round = 0; round < 2; ++round) of_width(64);
  EXPECT_EQ(recordings.made, 2) << "forgotten, then run and recorded again";
}

TEST_F(ReplayedForward, RunsPieceByPieceWhatCannotBeRecorded) {
  int64_t tried = 0;
  const detector::Forward failing(
      *model, [&](const std::function<void()>&) -> std::unique_ptr<detector::Recording> {
        ++tried;
        throw std::runtime_error("operation not permitted when stream is capturing");
      });
  for (const char* name : {"a", "b", "c"}) expect_same(failing(images(name), 10), plainly(images(name)));
  EXPECT_EQ(tried, 1);
  EXPECT_EQ(failing.failure(), "operation not permitted when stream is capturing");
}

TEST_F(ReplayedForward, ReadsItsImagesFromTheDevice) {
  const auto expected = plainly(images("b"));
  model->move_to(test::stand_in_device());
  const detector::Forward there(*model, recordings.recorder());
  for (int round = 0; round < 3; ++round) {
    const auto found = there(images("b"), 10);
    EXPECT_EQ(found.scores.device(), test::stand_in_device());
    EXPECT_TRUE(found.scores.cpu().allclose(expected.scores, 1e-4, 1e-5));
  }
  EXPECT_EQ(recordings.replayed, 2);
}

TEST(Forward, TheCpuRecordsNothing) { EXPECT_FALSE(detector::recorder_of(c10::DeviceType::CPU)); }

}  // namespace
