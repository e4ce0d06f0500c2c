// A server that sees images of every size must not grow with their number.
#include "base/memory.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "detector/detector.h"
#include "images/test_images.h"
#include "models/tiny_model.h"

namespace focus::test {
namespace {

TEST(DetectorMemoryLong, DoesNotGrowWithTheNumberOfSizes) {
  if (::access("/proc/self/clear_refs", W_OK) != 0) {
    GTEST_SKIP() << "skipped: this system does not reset the peak";
  }
  detector::LoadedModel loaded;
  loaded.info.model = tiny_options();
  loaded.info.preprocess.short_side = 32;
  loaded.info.preprocess.max_side = 4096;
  loaded.info.categories = {{1, "a"}, {5, "b"}, {9, "c"}};
  loaded.model = tiny_model(loaded.info.model);
  const detector::Detector detector(std::move(loaded));
  tune_allocator();
  // Far more sizes than a layer keeps plans for fill what is kept; three times as many follow, each a new one.
  // What the libraries keep (oneDNN 3: 1024 primitives) and what lies about between it grow on for a while, more
  // slowly. The largest size comes first, so that no later one needs larger tensors.
  constexpr int kFilling = 200, kSizes = 800;
  const auto see = [&](int from, int to) {
    for (int i = from; i < to; ++i) detector.detect(noise(32, 32 + (kSizes - i)), {});
    // Free memory is given back first: how much of it lies about depends on what else runs beside the test.
    reset_peak_rss();
    return static_cast<double>(peak_rss_bytes());
  };
  const double first = see(0, 1), filled = see(1, kFilling), later = see(kFilling, kSizes);
  EXPECT_GT(filled, first) << "nothing is kept, so this test shows nothing";
  // What was kept of every size would grow three times as much again.
  EXPECT_LT(later - filled, filled - first)
      << "from " << first << " to " << filled << " to " << later << " bytes";
}

}  // namespace
}  // namespace focus::test
