#include "base/stop_signal.h"

#include <gtest/gtest.h>
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <initializer_list>
#include <thread>

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

/// As survive(), of signals that wait and are let in together; in one thread, or each in its own.
[[noreturn]] void survive_at_once(std::initializer_list<int> signals) {
  sigset_t all;
  sigemptyset(&all);
  for (const int signal : signals) sigaddset(&all, signal);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) std::signal(signal, SIG_DFL);
  const StopSignal stop;
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
  for (const int signal : signals) ::kill(::getpid(), signal);
  pthread_sigmask(SIG_UNBLOCK, &all, nullptr);
  std::_Exit(stop.requested() ? 3 : 4);
}

TEST(StopSignal, TwoThatArriveTogetherAreTwo) {
  EXPECT_EXIT(survive_at_once({SIGTERM}), testing::ExitedWithCode(3), "");
  const auto ended_by_either = [](int status) {
    return WIFSIGNALED(status) && (WTERMSIG(status) == SIGINT || WTERMSIG(status) == SIGTERM);
  };
  for (int i = 0; i < 20; ++i) EXPECT_EXIT(survive_at_once({SIGTERM, SIGINT}), ended_by_either, "");
}

TEST(StopSignal, TwoInTwoThreadsAreTwo) {
  const auto ended_by_either = [](int status) {
    return WIFSIGNALED(status) && (WTERMSIG(status) == SIGINT || WTERMSIG(status) == SIGTERM);
  };
  const auto raise_in_threads = [] {
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) std::signal(signal, SIG_DFL);
    const StopSignal stop;
    std::atomic<int> ready{0};
    const auto one = [&ready](int signal) {
      for (++ready; ready < 2;) {
      }
      std::raise(signal);
    };
    std::thread first(one, SIGTERM), second(one, SIGINT);
    first.join();
    second.join();
    std::_Exit(stop.requested() ? 3 : 4);
  };
  for (int i = 0; i < 20; ++i) EXPECT_EXIT(raise_in_threads(), ended_by_either, "");
}

TEST(StopSignal, AClosedTerminalMaySaySoSeveralTimes) {
  EXPECT_EXIT(survive({SIGHUP, SIGHUP, SIGHUP}), testing::ExitedWithCode(3), "");
  EXPECT_EXIT(survive({SIGTERM, SIGHUP}), testing::ExitedWithCode(3), "");
}

}  // namespace
