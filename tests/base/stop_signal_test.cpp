#include "base/stop_signal.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace {

using focus::StopSignal;

/// Ends by itself with 3 if all of these signals only asked for a stop, with 4 if nothing did.
[[noreturn]] void survive(std::initializer_list<int> signals) {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) std::signal(signal, SIG_DFL);
  const StopSignal stop;
  for (const int signal : signals) std::raise(signal);
  std::_Exit(stop.requested() ? 3 : 4);
}

TEST(StopSignal, TheFirstOfEachKindOnlyAsks) {
  EXPECT_EXIT(survive({}), testing::ExitedWithCode(4), "");
  for (const int signal : {SIGINT, SIGTERM, SIGHUP})
    EXPECT_EXIT(survive({signal}), testing::ExitedWithCode(3), "") << signal;
}

TEST(StopSignal, AnotherEndsTheProcessWhicheverCameFirst) {
  for (const int first : {SIGINT, SIGTERM, SIGHUP}) {
    EXPECT_EXIT(survive({first, SIGINT}), testing::KilledBySignal(SIGINT), "") << first;
    EXPECT_EXIT(survive({first, SIGTERM}), testing::KilledBySignal(SIGTERM), "") << first;
  }
}

TEST(StopSignal, AClosedTerminalMaySaySoSeveralTimes) {
  EXPECT_EXIT(survive({SIGHUP, SIGHUP, SIGHUP}), testing::ExitedWithCode(3), "");
  EXPECT_EXIT(survive({SIGTERM, SIGHUP}), testing::ExitedWithCode(3), "");
}

}  // namespace
