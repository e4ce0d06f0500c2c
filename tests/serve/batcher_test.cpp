#include "serve/batcher.h"

#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>

namespace focus::serve {
namespace {

using Batches = std::vector<size_t>;

/// A picture whose width tells it from others.
Job job(int width, std::optional<double> keep = std::nullopt, bool explain = false) {
  return {data::noise_image({1, width}, 1), {}, keep, explain};
}

/// A batcher whose "detector" finds one box as wide as the picture, once the gate is open.
struct Bench {
  explicit Bench(BatcherOptions options)
      : batcher(options, [this](const std::vector<Job>& jobs) {
          {
            std::unique_lock lock(mutex);
            gate_opened.wait(lock, [this] { return open; });
            batches.push_back(jobs.size());
          }
          std::vector<Finding> found;
          for (const auto& one : jobs) {
            if (one.picture.width() == 13) throw std::runtime_error("unlucky");
            found.push_back({{{0, 0, static_cast<double>(one.picture.width()), 1, 0.5, 0}}, std::nullopt});
          }
          return found;
        }) {}

  void open_gate() {
    const std::lock_guard lock(mutex);
    open = true;
    gate_opened.notify_all();
  }
  std::optional<std::vector<std::future<Outcome>>> submit(std::vector<Job> jobs) {
    auto places = batcher.reserve(static_cast<int64_t>(jobs.size()));
    if (!places) return std::nullopt;
    return batcher.submit(std::move(*places), std::move(jobs));
  }
  /// Waits until the worker has taken what is waiting.
  void until_taken() const {
    while (batcher.waiting() > 0) std::this_thread::yield();
  }

  std::mutex mutex;
  std::condition_variable gate_opened;
  bool open = false;
  Batches batches;
  Batcher batcher;
};

constexpr std::chrono::microseconds kNoWait{0};
constexpr std::chrono::seconds kLong{60};

TEST(Batcher, AnswersWhatWasAsked) {
  Bench bench({});
  bench.open_gate();
  auto futures = bench.submit({job(5), job(7)});
  ASSERT_TRUE(futures);
  const auto first = (*futures)[0].get(), second = (*futures)[1].get();
  EXPECT_EQ(first.finding.detections[0].x2, 5);
  EXPECT_EQ(second.finding.detections[0].x2, 7);
  EXPECT_EQ(first.batch, 2);
  EXPECT_GE(first.queue_seconds, 0);
  EXPECT_GE(first.run_seconds, 0);
}

TEST(Batcher, WhatWaitsRunsTogetherUpToTheLimit) {
  Bench bench({.max_batch = 3, .queue = 10, .wait = kNoWait});
  auto running = bench.submit({job(1)});
  bench.until_taken();
  auto waiting = bench.submit({job(2), job(3), job(4), job(5)});
  bench.open_gate();
  for (auto& future : *waiting) future.get();
  EXPECT_EQ(bench.batches, (Batches{1, 3, 1}));
}

TEST(Batcher, TheFirstWaitsForOthersButNotLong) {
  Bench patient({.max_batch = 2, .queue = 10, .wait = kLong});
  patient.open_gate();
  auto first = patient.submit({job(1)});
  auto second = patient.submit({job(2)});
  EXPECT_EQ((*first)[0].get().batch, 2) << "full before its time";

  Bench hasty({.max_batch = 2, .queue = 10, .wait = std::chrono::milliseconds(1)});
  hasty.open_gate();
  EXPECT_EQ((*hasty.submit({job(1)}))[0].get().batch, 1);
}

TEST(Batcher, InAHurryNobodyWaits) {
  Bench bench({.max_batch = 2, .queue = 10, .wait = kLong});
  bench.open_gate();
  auto waiting = bench.submit({job(1)});
  bench.batcher.hurry();
  EXPECT_EQ((*waiting)[0].get().batch, 1);
  EXPECT_EQ((*bench.submit({job(2)}))[0].get().batch, 1);
}

TEST(Batcher, OnlyOneKeepRatioAndKindABatch) {
  Bench bench({.max_batch = 4, .queue = 10, .wait = kNoWait});
  auto running = bench.submit({job(1)});
  bench.until_taken();
  auto waiting =
      bench.submit({job(2), job(3, 0.5), job(4, 0.5), job(5, 0.25), job(6, 0.25, true), job(7, 0.25, true)});
  auto in_parts = job(8, 0.25, true);
  in_parts.tiles = 2;
  auto last = bench.submit({in_parts});
  bench.open_gate();
  for (auto& future : *waiting) future.get();
  (*last)[0].get();
  EXPECT_EQ(bench.batches, (Batches{1, 1, 2, 1, 2, 1}));
}

TEST(Batcher, AFullQueueTakesAllOrNothing) {
  Bench bench({.max_batch = 1, .queue = 2, .wait = kNoWait});
  auto running = bench.submit({job(1)});
  bench.until_taken();
  EXPECT_FALSE(bench.submit({job(2), job(3), job(4)}));
  EXPECT_EQ(bench.batcher.waiting(), 0);
  auto fitting = bench.submit({job(2), job(3)});
  EXPECT_TRUE(fitting);
  EXPECT_FALSE(bench.submit({job(4)}));
  bench.open_gate();
  for (auto& future : *fitting) future.get();
}

TEST(Batcher, PlacesCountUntilTheyAreUsedOrGoAway) {
  Bench bench({.max_batch = 1, .queue = 2, .wait = kNoWait});
  {
    const auto kept = bench.batcher.reserve(2);
    ASSERT_TRUE(kept);
    EXPECT_EQ(bench.batcher.waiting(), 2);
    EXPECT_FALSE(bench.batcher.reserve(1));
  }
  EXPECT_EQ(bench.batcher.waiting(), 0);
  auto places = bench.batcher.reserve(2);
  ASSERT_TRUE(places);
  bench.open_gate();
  auto futures = bench.batcher.submit(std::move(*places), {job(1)});
  futures[0].get();
  EXPECT_TRUE(bench.batcher.reserve(2)) << "the place that was not used is free as well";
}

TEST(Batcher, StoppingWaitsForWhoHasAPlace) {
  Bench bench({.max_batch = 1, .queue = 2, .wait = kNoWait});
  bench.open_gate();
  auto places = bench.batcher.reserve(1);
  ASSERT_TRUE(places);
  std::thread stopping([&] { bench.batcher.stop(); });
  while (bench.batcher.reserve(1)) std::this_thread::yield();
  auto futures = bench.batcher.submit(std::move(*places), {job(4)});
  EXPECT_EQ(futures[0].get().finding.detections[0].x2, 4);
  stopping.join();
}

TEST(Batcher, AFailureIsToldToItsBatchAlone) {
  Bench bench({.max_batch = 2, .queue = 10, .wait = kNoWait});
  auto running = bench.submit({job(1)});
  bench.until_taken();
  auto waiting = bench.submit({job(2), job(13), job(4)});
  bench.open_gate();
  EXPECT_THROW((*waiting)[0].get(), std::runtime_error);
  EXPECT_THROW((*waiting)[1].get(), std::runtime_error);
  EXPECT_EQ((*waiting)[2].get().finding.detections.size(), 1U);
}

TEST(Batcher, StoppingFinishesWhatWasTaken) {
  Bench bench({.max_batch = 1, .queue = 10, .wait = kNoWait});
  auto taken = bench.submit({job(1), job(2), job(3)});
  std::thread stopping([&] { bench.batcher.stop(); });
  while (bench.submit({job(9)})) std::this_thread::yield();
  bench.open_gate();
  stopping.join();
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ((*taken)[static_cast<size_t>(i)].get().finding.detections[0].x2, i + 1);
}

}  // namespace
}  // namespace focus::serve
