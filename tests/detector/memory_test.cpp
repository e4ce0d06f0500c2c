// A server that sees pictures of every size must not grow with their number.
#include "base/memory.h"

#include <gtest/gtest.h>

#include "data/rng.h"
#include "data/test_pictures.h"
#include "detector/detector.h"
#include "models/tiny_model.h"

namespace focus::test {
namespace {

TEST(DetectorMemory, DoesNotGrowWithTheNumberOfSizes) {
  detector::LoadedModel loaded;
  loaded.info.model = tiny_options();
  loaded.info.preprocess.short_side = 64;
  loaded.info.preprocess.max_side = 4096;
  loaded.info.categories = {{1, "a"}, {5, "b"}, {9, "c"}};
  loaded.model = tiny_model(loaded.info.model);
  const detector::Detector detector(std::move(loaded));
  tune_allocator();
  // Four times as many sizes as a layer keeps plans for; oneDNN's own cache of 1024 primitives is full early.
  constexpr int kSizes = 100;
  data::Rng order{1};
  const auto see = [&](int count) {
    for (int i = 0; i < count; ++i)
      detector.detect(noise(64, 64 + static_cast<int>(order.integer(0, kSizes - 1))), {});
    return static_cast<double>(peak_rss_bytes());
  };
  reset_peak_rss();
  const double early = see(3 * kSizes), late = see(4 * kSizes);
  EXPECT_LT(late, 1.05 * early) << "grew from " << early << " to " << late << " bytes";
}

}  // namespace
}  // namespace focus::test
