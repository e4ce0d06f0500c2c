#include "serve/batcher.h"

#include <gtest/gtest.h>
#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

#include "http/error.h"
#include "serve/batch_bench.h"
#include "support/sanitized.h"
#include "support/wait_until.h"

namespace focus::serve {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using test::BatchBench;
using test::job_of;
using test::Results;
using Batches = std::vector<size_t>;

constexpr std::chrono::microseconds kNoWait{0};
constexpr seconds kLong{60};

Look in_tiles(int64_t tiles) { return {.options = {}, .keep_ratio = {}, .explain = false, .tiles = tiles}; }
Look explained() { return {.options = {}, .keep_ratio = {}, .explain = true, .tiles = 1}; }
Look kept(double ratio) { return {.options = {}, .keep_ratio = ratio, .explain = false, .tiles = 1}; }

Job cancellable(int width, const test::Flag& flag, Look look = {}) {
  auto job = job_of(width, look);
  job.patience.cancelled = flag;
  return job;
}

/// The status of the HttpError that a request ended with; 0 for none.
int status_of(std::optional<std::future<Results>>& request) {
  try {
    request->get();
  } catch (const http::HttpError& error) {
    return error.status();
  }
  return 0;
}

TEST(Batcher, AnswersWhatWasAsked) {
  BatchBench bench({});
  bench.open_gate();
  const auto begin = Clock::now();
  const auto results = bench.submit({job_of(5), job_of(7)})->get();
  const double passed = std::chrono::duration<double>(Clock::now() - begin).count();
  ASSERT_EQ(results.size(), 2U);
  EXPECT_EQ(results[0].detections[0].x2, 5);
  EXPECT_EQ(results[1].detections[0].x2, 7);
  EXPECT_EQ(results[0].batch, 2);
  EXPECT_GT(results[0].queue_seconds, 0);
  EXPECT_GT(results[0].run_seconds, 0);
  EXPECT_LT(results[0].queue_seconds + results[0].run_seconds, passed);
}

TEST(Batcher, WhatWaitsRunsTogetherUpToTheLimit) {
  BatchBench bench({.max_batch = 3, .queue = 10, .wait = kNoWait});
  auto running = bench.submit({job_of(1)});
  bench.until_begun(1);
  auto waiting = bench.submit({job_of(2), job_of(3), job_of(4), job_of(5)});
  bench.open_gate();
  const auto results = waiting->get();
  EXPECT_EQ(bench.batches, (Batches{1, 3, 1}));
  for (int i = 0; i < 4; ++i) EXPECT_EQ(results[static_cast<size_t>(i)].detections[0].x2, i + 2);
}

TEST(Batcher, TheFirstWaitsForOthersButNotLong) {
  BatchBench patient({.max_batch = 2, .queue = 10, .wait = kLong});
  patient.open_gate();
  auto first = patient.submit({job_of(1)});
  auto second = patient.submit({job_of(2)});
  EXPECT_EQ(first->get()[0].batch, 2) << "full before its time";

  BatchBench hasty({.max_batch = 2, .queue = 10, .wait = milliseconds(1)});
  hasty.open_gate();
  EXPECT_EQ(hasty.submit({job_of(1)})->get()[0].batch, 1);
}

TEST(Batcher, NobodyWaitsForCompanyThatCannotCome) {
  BatchBench bench({.max_batch = 4, .queue = 10, .wait = kLong});
  bench.open_gate();
  EXPECT_EQ(bench.submit({job_of(6, explained())})->get()[0].batch, 1);
  EXPECT_EQ(bench.submit({job_of(6, in_tiles(2))})->get()[0].batch, 1);
  auto first = bench.submit({job_of(6)});
  auto other = bench.submit({job_of(6, kept(0.5))});
  EXPECT_EQ(first->get()[0].batch, 1) << "another kind is behind it";
  bench.batcher.drain();
  EXPECT_EQ(other->get()[0].batch, 1);
}

TEST(Batcher, DrainingNobodyWaitsForOthers) {
  BatchBench bench({.max_batch = 2, .queue = 10, .wait = kLong});
  bench.open_gate();
  auto waiting = bench.submit({job_of(1)});
  bench.batcher.drain();
  EXPECT_EQ(waiting->get()[0].batch, 1);
  EXPECT_EQ(bench.submit({job_of(2)})->get()[0].batch, 1) << "what was read meanwhile is answered, too";
}

TEST(Batcher, ABatchHasOneModelAndKind) {
  BatchBench bench({.max_batch = 4, .queue = 100, .wait = kNoWait});
  auto running = bench.submit({job_of(1)});
  bench.until_begun(1);
  auto other = job_of(9);
  other.model = test::named_model("other");
  auto waiting = bench.submit({job_of(2), job_of(3, kept(0.5)), job_of(4, kept(0.5)), job_of(5, kept(0.25)),
                               other, other, job_of(6, explained()), job_of(7, explained()),
                               job_of(8, in_tiles(2)), job_of(8, in_tiles(2))});
  bench.open_gate();
  waiting->get();
  EXPECT_EQ(bench.batches, (Batches{1, 1, 2, 1, 2, 1, 1, 1, 1}));
  EXPECT_EQ(bench.models[4], "other");
  EXPECT_EQ(bench.models[5], "m");
}

TEST(Batcher, AModelLoadedAnewSharesNoBatchWithTheOneBefore) {
  BatchBench bench({.max_batch = 4, .queue = 10, .wait = kNoWait});
  auto running = bench.submit({job_of(1)});
  bench.until_begun(1);
  auto before = job_of(2), after = job_of(3);
  before.model = test::named_model("same");
  after.model = test::named_model("same");
  auto waiting = bench.submit({before, after});
  bench.open_gate();
  waiting->get();
  EXPECT_EQ(bench.batches, (Batches{1, 1, 1}));
}

TEST(Batcher, AFullQueueTakesAllOrNothing) {
  BatchBench bench({.max_batch = 1, .queue = 2, .wait = kNoWait});
  auto running = bench.submit({job_of(1)});
  bench.until_begun(1);
  auto one = bench.submit({job_of(2)});
  EXPECT_FALSE(bench.submit({job_of(2), job_of(3)}));
  EXPECT_EQ(bench.batcher.waiting(), 1);
  EXPECT_TRUE(bench.submit({job_of(2)}));
  EXPECT_FALSE(bench.submit({job_of(4)}));
}

TEST(Batcher, TilesCountAsPlaces) {
  EXPECT_EQ(views_of({100, 100}, in_tiles(1)), 1);
  EXPECT_EQ(views_of({3000, 4000}, in_tiles(4)), 13);
  EXPECT_EQ(views_of({100, 1000}, in_tiles(4)), 5) << "a strip has one row";
  BatchBench bench({.max_batch = 1, .queue = 6, .wait = kNoWait});
  auto running = bench.submit({job_of(1)});
  bench.until_begun(1);
  auto tiled = bench.submit({job_of(40, in_tiles(4))});
  ASSERT_TRUE(tiled);
  EXPECT_EQ(bench.batcher.waiting(), 5);
  EXPECT_FALSE(bench.submit({job_of(2), job_of(3)}));
  EXPECT_TRUE(bench.submit({job_of(2)}));
}

TEST(Batcher, WhatIsLargerThanTheQueueComesInWhenNothingElseWaits) {
  BatchBench bench({.max_batch = 1, .queue = 2, .wait = kNoWait});
  auto running = bench.submit({job_of(1)});
  bench.until_begun(1);
  {
    const auto reserved = bench.batcher.reserve({1, 0});
    EXPECT_FALSE(bench.submit({job_of(2), job_of(3), job_of(4)}));
  }
  auto large = bench.submit({job_of(2), job_of(3), job_of(4)});
  ASSERT_TRUE(large);
  EXPECT_FALSE(bench.submit({job_of(5)}));
  bench.open_gate();
  EXPECT_EQ(large->get().size(), 3U);
}

TEST(Batcher, ALargeRequestLeavesAQuarterOfTheQueueToOthers) {
  BatchBench bench({.max_batch = 1, .queue = 8, .wait = kNoWait});
  auto running = bench.submit({job_of(1)});
  bench.until_begun(1);
  auto large = bench.submit({job_of(40, in_tiles(4)), job_of(41, in_tiles(4)), job_of(42, in_tiles(4))});
  ASSERT_TRUE(large) << "15 places";
  EXPECT_EQ(bench.batcher.waiting(), 6);
  EXPECT_FALSE(bench.submit(std::vector<Job>(9, job_of(2)))) << "another has to wait until there is none";
  auto first = bench.submit({job_of(2)}), second = bench.submit({job_of(3)});
  ASSERT_TRUE(first && second);
  EXPECT_FALSE(bench.submit({job_of(4)}));
  bench.open_gate();
  EXPECT_EQ(large->get().size(), 3U);
  first->get();
  second->get();
  bench.batcher.stop();
  EXPECT_EQ(bench.batcher.waiting(), 0);
}

TEST(Batcher, RequestsTakeTurns) {
  BatchBench bench({.max_batch = 2, .queue = 100, .wait = kNoWait});
  auto running = bench.submit({job_of(1)});
  bench.until_begun(1);
  const auto of = [](const char* name, size_t images) {
    auto job = job_of(2);
    job.model = test::named_model(name);
    return std::vector<Job>(images, job);
  };
  auto large = bench.submit(of("large", 5)), small = bench.submit(of("small", 1)),
       middle = bench.submit(of("middle", 3));
  bench.open_gate();
  EXPECT_EQ(large->get().size(), 5U);
  small->get();
  middle->get();
  EXPECT_EQ(bench.models,
            (std::vector<std::string>{"m", "large", "small", "middle", "large", "middle", "large"}));
  EXPECT_EQ(bench.batches, (Batches{1, 2, 1, 2, 2, 1, 1}));
}

/// A batcher whose image of tiles is a run of four parts, between which others may run.
struct Parts {
  explicit Parts(BatcherOptions options)
      : batcher(options, [this](const std::vector<Job>& jobs, const std::function<bool()>&) {
          const auto name = jobs.front().model->name;
          for (int part = 0; part < (jobs.front().look.tiles > 1 ? 4 : 1); ++part) {
            if (part > 0) batcher.let_others_run();
            order += name + std::to_string(jobs.size()) + " ";
            if (order == "large1 ") begun.set_value();
            if (order == "large1 ") go_on.get_future().wait();
          }
          return Results(jobs.size());
        }) {}

  std::future<Results> submit(const char* name, const Look& look, size_t images = 1) {
    auto job = job_of(40, look);
    job.model = test::named_model(name);
    std::vector<Job> jobs(images, job);
    const auto promise = std::make_shared<std::promise<Results>>();
    auto room = batcher.reserve({static_cast<int64_t>(images) * views_of({1, 40}, look), 0});
    EXPECT_TRUE(room) << name;
    if (!room) return {};
    batcher.submit(std::move(*room), std::move(jobs), [promise](std::exception_ptr error, Results results) {
      error ? promise->set_exception(error) : promise->set_value(std::move(results));
    });
    return promise->get_future();
  }

  std::string order;  ///< the worker's until all are told
  std::promise<void> begun, go_on;
  Batcher batcher;
};

TEST(Batcher, OthersComeInBetweenTheTilesOfAnImage) {
  Parts parts({.max_batch = 4, .queue = 100, .wait = kNoWait});
  auto large = parts.submit("large", in_tiles(4), 2);
  parts.begun.get_future().wait();
  auto tiled = parts.submit("tiled", in_tiles(2)), plain = parts.submit("plain", {}, 6),
       told = parts.submit("told", explained());
  parts.go_on.set_value();
  for (auto* request : {&large, &tiled, &plain, &told}) request->get();
  EXPECT_EQ(parts.order,
            "large1 plain4 large1 told1 large1 plain2 large1 tiled1 tiled1 tiled1 tiled1 large1 large1 "
            "large1 large1 ");
}

TEST(Batcher, BytesOfImagesHaveABoundFromTheirReservationToTheirEnd) {
  BatchBench bench({.max_batch = 1, .queue = 100, .max_bytes = 300, .wait = kNoWait});
  auto running = bench.submit({job_of(50)});  // 150 bytes
  bench.until_begun(1);
  EXPECT_EQ(bench.batcher.bytes(), 150);
  {
    const auto reserved = bench.batcher.reserve({1, 150});
    ASSERT_TRUE(reserved);
    EXPECT_EQ(bench.batcher.bytes(), 300);
    EXPECT_FALSE(bench.batcher.reserve({1, 1}));
  }
  EXPECT_EQ(bench.batcher.bytes(), 150);
  EXPECT_FALSE(bench.submit({job_of(200)})) << "an image above the bound waits for all others";
  bench.open_gate();
  running->get();
  auto large = bench.submit({job_of(200)});
  ASSERT_TRUE(large);
  large->get();
  EXPECT_EQ(bench.batcher.bytes(), 0) << "given back before its request is told";
  EXPECT_EQ(bench.batcher.waiting(), 0);
}

TEST(Batcher, PlacesCountUntilTheyAreUsedOrGoAway) {
  BatchBench bench({.max_batch = 1, .queue = 2, .wait = kNoWait});
  {
    const auto kept_places = bench.batcher.reserve({2, 10});
    ASSERT_TRUE(kept_places);
    EXPECT_EQ(bench.batcher.waiting(), 2);
    EXPECT_FALSE(bench.batcher.reserve({1, 0}));
  }
  EXPECT_EQ(bench.batcher.waiting(), 0);
  EXPECT_EQ(bench.batcher.bytes(), 0);
  auto places = bench.batcher.reserve({2, 0});
  ASSERT_TRUE(places);
  bench.open_gate();
  std::promise<Results> promise;
  bench.batcher.submit(std::move(*places), {job_of(1)},
                       [&](std::exception_ptr, Results results) { promise.set_value(std::move(results)); });
  promise.get_future().get();
  EXPECT_TRUE(bench.batcher.reserve({2, 0})) << "the place that was not used is free as well";
}

TEST(Batcher, AFailureIsItsRequestsAlone) {
  BatchBench bench({.max_batch = 4, .queue = 10, .wait = kNoWait});
  auto running = bench.submit({job_of(1)});
  bench.until_begun(1);
  auto good = bench.submit({job_of(2)});
  auto bad = bench.submit({job_of(13), job_of(3)});
  bench.open_gate();
  EXPECT_EQ(good->get()[0].detections[0].x2, 2);
  EXPECT_THROW(bad->get(), std::runtime_error);
  EXPECT_EQ(bench.submit({job_of(4)})->get()[0].detections[0].x2, 4) << "the worker lives";
  EXPECT_EQ(bench.batches, (Batches{1, 3, 1, 1, 1})) << "the failed request's other image is of no use";
}

TEST(Batcher, WhateverIsThrownTheWorkerLives) {
  BatchBench bench({.max_batch = 1, .queue = 10, .wait = kNoWait});
  bench.open_gate();
  auto short_of_memory = bench.submit({job_of(14)});
  EXPECT_EQ(status_of(short_of_memory), 503);
  EXPECT_THROW(bench.submit({job_of(15)})->get(), int);
  auto places = bench.batcher.reserve({1, 0});
  std::atomic<int> told = 0;
  bench.batcher.submit(std::move(*places), {job_of(1)}, [&](std::exception_ptr, Results) {
    ++told;
    throw std::runtime_error("from a handler");
  });
  EXPECT_EQ(bench.submit({job_of(2)})->get()[0].detections[0].x2, 2);
  EXPECT_EQ(told, 1);
}

TEST(Batcher, WhoHasGoneIsDroppedBeforeItRuns) {
  BatchBench bench({.max_batch = 4, .queue = 4, .wait = kNoWait});
  auto running = bench.submit({job_of(1)});
  bench.until_begun(1);
  const auto gone = test::make_flag();
  auto left = bench.submit({cancellable(2, gone), cancellable(3, gone)});
  auto late = job_of(4);
  const auto deadline = Clock::now() + milliseconds(1);
  late.patience.deadline = deadline;
  auto over = bench.submit({late});
  auto stays = bench.submit({job_of(5)});
  ASSERT_TRUE(test::wait_until([&] { return Clock::now() > deadline; }));
  *gone = true;
  bench.open_gate();
  EXPECT_EQ(stays->get()[0].detections[0].x2, 5);
  EXPECT_EQ(status_of(left), 503);
  EXPECT_EQ(status_of(over), 503);
  EXPECT_EQ(bench.batches, (Batches{1, 1}));
}

TEST(Batcher, WhoHasGoneLeavesRoomForOthersAtOnce) {
  BatchBench bench({.max_batch = 4, .queue = 4, .max_bytes = 1000, .wait = kNoWait});
  auto running = bench.submit({job_of(1)});
  bench.until_begun(1);
  const auto gone = test::make_flag();
  auto left = bench.submit({cancellable(100, gone), cancellable(100, gone), cancellable(100, gone)});
  const auto decoding = bench.batcher.reserve({1, 90}, {Clock::time_point::max(), gone});
  ASSERT_TRUE(left);
  ASSERT_TRUE(decoding);
  EXPECT_FALSE(bench.submit({job_of(2)}));
  *gone = true;
  EXPECT_TRUE(bench.submit({job_of(2), job_of(3), job_of(4), job_of(5)}));
  EXPECT_EQ(bench.batcher.bytes(), 3 + 90 + 3 * (2 + 3 + 4 + 5))
      << "what is being decoded has its memory yet";
}

TEST(Batcher, WhatRunsIsToldWhenNobodyWaits) {
  BatchBench bench({.max_batch = 4, .queue = 100, .wait = kNoWait});
  const auto gone = test::make_flag();
  auto left = bench.submit({cancellable(40, gone, in_tiles(8))});
  bench.until_begun(1);
  *gone = true;
  bench.knock();
  EXPECT_ANY_THROW(left->get()) << "the gate is closed";
}

TEST(Batcher, TheNextAfterThirtyTwoWhoLeaveWaitsForTwoBatchesAtMost) {
  BatchBench bench({.max_batch = 4, .queue = 32, .wait = kNoWait});
  const auto gone = test::make_flag();
  std::vector<std::future<Results>> expensive;
  for (int i = 0; i < 32; ++i) {
    auto request = bench.submit({cancellable(40, gone, in_tiles(8))});
    if (request) expensive.push_back(std::move(*request));
    if (i == 0) bench.until_begun(1);
  }
  EXPECT_GE(expensive.size(), 2U);
  *gone = true;
  bench.knock();
  auto next = bench.submit({job_of(7)});
  ASSERT_TRUE(next);
  bench.open_gate();
  EXPECT_EQ(next->get()[0].detections[0].x2, 7);
  EXPECT_LE(bench.batches.size(), 2U);
}

TEST(Batcher, CancellingDropsAllAndAdmitsNoMore) {
  BatchBench bench({.max_batch = 1, .queue = 10, .wait = kNoWait});
  auto running = bench.submit({job_of(1)});
  bench.until_begun(1);
  auto waiting = bench.submit({job_of(2)});
  auto decoding = bench.batcher.reserve({1, 0});
  bench.batcher.cancel();
  bench.knock();
  EXPECT_ANY_THROW(running->get());
  EXPECT_EQ(status_of(waiting), 503);
  EXPECT_FALSE(bench.batcher.reserve({1, 0}));
  EXPECT_THROW(bench.batcher.submit(std::move(*decoding), {job_of(3)}, nullptr), http::HttpError);
  bench.batcher.stop();
  EXPECT_EQ(bench.batcher.waiting(), 0);
  EXPECT_EQ(bench.batcher.bytes(), 0);
}

TEST(Batcher, StoppingFinishesWhatWasTakenAndReserved) {
  BatchBench bench({.max_batch = 1, .queue = 10, .wait = kNoWait});
  auto taken = bench.submit({job_of(1), job_of(2), job_of(3)});
  auto places = bench.batcher.reserve({1, 0});
  ASSERT_TRUE(places);
  std::thread stopping([&] { bench.batcher.stop(); });
  while (bench.batcher.reserve({1, 0})) std::this_thread::yield();
  bench.open_gate();
  std::promise<Results> promise;
  bench.batcher.submit(std::move(*places), {job_of(4)},
                       [&](std::exception_ptr, Results results) { promise.set_value(std::move(results)); });
  EXPECT_EQ(promise.get_future().get()[0].detections[0].x2, 4);
  stopping.join();
  EXPECT_EQ(taken->get().size(), 3U);
}

TEST(Batcher, EveryRequestIsToldOnce) {
  BatchBench bench({.max_batch = 3, .queue = 200, .wait = kNoWait});
  bench.open_gate();
  std::vector<std::atomic<int>> told(400);
  std::vector<std::thread> clients;
  std::atomic<size_t> next = 0;
  for (int c = 0; c < 4; ++c) {
    clients.emplace_back([&, c] {
      for (int i = 0; i < 100; ++i) {
        auto places = bench.batcher.reserve({1, 1});
        if (!places) continue;
        const size_t own = next++;
        const auto flag = test::make_flag();
        bench.batcher.submit(std::move(*places),
                             {cancellable(i % 5 == 0 ? 13 : 2, flag), cancellable(3, flag)},
                             [&told, own](std::exception_ptr, Results) { ++told[own]; });
        *flag = (i + c) % 3 == 0;
      }
    });
  }
  for (auto& client : clients) client.join();
  bench.batcher.stop();
  for (size_t i = 0; i < next; ++i) EXPECT_EQ(told[i], 1) << i;
  EXPECT_EQ(bench.batcher.bytes(), 0);
  EXPECT_EQ(bench.batcher.waiting(), 0);
}

TEST(Batcher, RequestsAreCounted) {
  BatchBench bench({.max_batch = 1, .queue = 10, .wait = kNoWait});
  bench.open_gate();
  const auto model = test::named_model("counted");
  auto good = job_of(2), bad = job_of(13);
  good.model = bad.model = model;
  good.decoding = milliseconds(3);
  bench.submit({good, good})->get();
  EXPECT_ANY_THROW(bench.submit({bad})->get());
  bench.batcher.stop();
  const auto counts = model->statistics->counts();
  EXPECT_EQ(counts.success.count, 1U);
  EXPECT_EQ(counts.fail.count, 1U);
  EXPECT_EQ(counts.queue.count, 1U);
  EXPECT_EQ(counts.input.ns, 6000000U);
  EXPECT_EQ(counts.infer.count, 1U);
  EXPECT_EQ(counts.output.count, 1U);
  EXPECT_EQ(counts.success.ns, counts.queue.ns + counts.input.ns + counts.infer.ns + counts.output.ns);
}

/// Ends the process with 3 if a batcher without room for its thread's stack is an Error.
[[noreturn]] void make_a_batcher_without_room() {
  const rlimit little{size_t{1} << 20, size_t{1} << 20};
  setrlimit(RLIMIT_AS, &little);
  // The C library keeps stacks of threads that have ended: they are to be in use.
  pthread_t thread{};
  const auto wait_for_ever = [](void*) -> void* {
    for (;;) pause();
  };
  for (int i = 0; i < 1000 && pthread_create(&thread, nullptr, wait_for_ever, nullptr) == 0; ++i) {
  }
  try {
    Batcher batcher({}, [](const auto&, const auto&) { return Results(); });
  } catch (const Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    std::_Exit(3);
  }
  std::_Exit(0);
}

TEST(BatcherDeathTest, AThreadThatCannotBeMadeIsAnError) {
  if (test::kSanitized) GTEST_SKIP() << "its memory is the sanitizer's";
  GTEST_FLAG_SET(death_test_style, "fast");
  EXPECT_EXIT(make_a_batcher_without_room(), testing::ExitedWithCode(3),
              "cannot start the thread that runs the models");
}

}  // namespace
}  // namespace focus::serve
