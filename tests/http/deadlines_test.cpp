#include <fcntl.h>
#include <gtest/gtest.h>

#include <cmath>

#include "http/client.h"
#include "http/server.h"

namespace focus::http {
namespace {

using test::Client;
using test::Gate;
using test::get;
using test::kPatienceSeconds;
using test::post;
using test::Running;
using test::sample_router;
using test::seconds_since;
using test::text;
using test::wait_until;

ServerOptions hurried(double request_seconds = 0.3) {
  ServerOptions options;
  options.request_seconds = request_seconds;
  return options;
}

TEST(HttpDeadlines, EndRequestsThatDoNotArrive) {
  Running running(hurried());
  for (const auto& begun :
       {std::string("G"), std::string("GET /live HTTP/1.1\r\nHost: h\r\n"),
        std::string("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nab"),
        std::string("POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab")}) {
    const auto begin = Clock::now();
    Client client(running.port);
    client.send(begun);
    const auto reply = client.read();
    ASSERT_TRUE(reply) << begun;
    EXPECT_EQ(reply->status, 408);
    EXPECT_EQ(reply->field("connection"), "close");
    EXPECT_TRUE(client.is_closed());
    EXPECT_GE(seconds_since(begin), 0.3);
  }
}

TEST(HttpDeadlines, EndRequestsThatAreNotAnswered) {
  Gate gate;
  ExchangePointer kept;
  auto router = sample_router();
  router.add({"GET", "/wait", "/wait", [&](const ExchangePointer& exchange) {
                kept = exchange;
                gate.open();
              }});
  Running running(hurried(), std::move(router));
  Client client(running.port);
  client.send(get("/wait"));
  ASSERT_TRUE(gate.wait());
  EXPECT_FALSE(*kept->cancelled());
  const auto reply = client.read();
  EXPECT_EQ(reply->status, 503);
  EXPECT_EQ(reply->field("retry-after"), "1");
  EXPECT_TRUE(client.is_closed());
  EXPECT_TRUE(*kept->cancelled());
  EXPECT_GE(Clock::now(), kept->deadline());
  kept->answer(text("too late"));
  EXPECT_EQ(running.only_answered().status, 503);
}

TEST(HttpDeadlines, EndIdleConnections) {
  ServerOptions options;
  options.idle_seconds = 0.3;
  Running running(options);
  Client silent(running.port), kept(running.port), chatting(running.port);
  EXPECT_EQ(kept.ask(get("/live"))->status, 200);
  chatting.send("\r\n");
  EXPECT_TRUE(silent.is_closed());
  EXPECT_TRUE(kept.is_closed());
  EXPECT_TRUE(chatting.is_closed());
  EXPECT_EQ(running.answered().size(), 1u);
}

TEST(HttpDeadlines, EndClientsThatNeverReadTheirAnswer) {
  auto router = sample_router();
  const std::string lasting(size_t{16} << 20, 'x');
  router.add({"GET", "/large", "/large", [&](const ExchangePointer& exchange) {
                Response response;
                response.lasting_body = lasting;
                exchange->answer(std::move(response));
              }});
  Running running(hurried(), std::move(router));
  Client client(running.port, 4096);
  const auto begin = Clock::now();
  client.send(get("/large"));
  ASSERT_TRUE(
      wait_until([&] { return running.answered().size() == 1 && running.server.connections() == 0; }));
  EXPECT_GE(seconds_since(begin), 0.3);
  EXPECT_LT(client.read_all().size(), lasting.size());
}

TEST(HttpDeadlines, LetSlowReadersFinish) {
  auto router = sample_router();
  router.add({"GET", "/large", "/large", [&](const ExchangePointer& exchange) {
                exchange->answer(text(std::string(size_t{8} << 20, 'x')));
              }});
  Running running({}, std::move(router));
  Client client(running.port, 4096);
  client.send(get("/large") + get("/live"));
  const auto reply = client.read();
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->body, std::string(size_t{8} << 20, 'x'));
  EXPECT_EQ(client.read()->body, "alive");
}

TEST(HttpDeadlines, ServeOthersBesideHundredsOfSlowClients) {
  Running running(hurried(2));
  constexpr int kSlow = 300;
  std::vector<Client> slow;
  for (int i = 0; i < kSlow; ++i) {
    slow.emplace_back(running.port);
    if (i % 3 == 1) slow.back().send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\n");
    if (i % 3 == 2)
      slow.back().send("POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3e8\r\n");
  }
  ASSERT_TRUE(wait_until([&] { return running.server.connections() == kSlow; }));
  std::atomic<bool> over{false};
  // Faster than a byte a second, so that each is seen to prolong nothing.
  std::thread dripping([&] {
    while (!over) {
      for (auto& client : slow) ::send(client.handle(), "G", 1, MSG_NOSIGNAL | MSG_DONTWAIT);
      // Time itself: they drip.
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
  });
  const auto begin = Clock::now();
  double longest = 0;
  int served = 0;
  Client kept(running.port);
  while (running.server.connections() > 1 && seconds_since(begin) < kPatienceSeconds) {
    const auto asked = Clock::now();
    const auto reply = kept.ask(post("/echo", "good"));
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->status, 200);
    EXPECT_EQ(Client(running.port).ask(get("/live"))->status, 200);
    longest = std::max(longest, seconds_since(asked));
    ++served;
    // Time itself: one who asks now and then.
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  const double lived = seconds_since(begin);
  over = true;
  dripping.join();
  EXPECT_LT(longest, 1);
  EXPECT_GE(served, 20);
  // The deadline, the moment they have to see the answer, and what a busy machine adds.
  EXPECT_LT(lived, 2 + 1 + 3);
  for (auto& client : slow) EXPECT_EQ(client.read_all().substr(0, 12), "HTTP/1.1 408");
}

/// GET /work among the workers: until it is cancelled, or the gate opens.
struct Work {
  std::atomic<int> begun{0}, cancelled{0}, done{0};
  std::atomic<bool> enough{false};
  Gate gate;

  void add_to(Router& router) {
    router.add({"GET", "/work", "/work", [this](const ExchangePointer& exchange) {
                  ++begun;
                  wait_until([&] { return exchange->cancelled()->load() || enough; });
                  if (*exchange->cancelled()) ++cancelled;
                  exchange->answer(text("done"));
                }});
    router.add({"GET", "/gate", "/gate", [this](const ExchangePointer& exchange) {
                  ++begun;
                  gate.wait();
                  ++done;
                  exchange->answer(text("done"));
                }});
  }
};

TEST(HttpCancelling, ComesWhenTheClientGoes) {
  Work work;
  auto router = sample_router();
  work.add_to(router);
  Running running({}, std::move(router));
  // It closes, it resets, it has sent more requests, more than are read ahead.
  const std::string ahead = get("/live"), far_ahead = post("/echo", std::string(100000, 'a'));
  int count = 0;
  for (const auto& more : {std::string(), ahead, far_ahead}) {
    for (const bool resets : {false, true}) {
      Client client(running.port);
      client.send(get("/work") + more);
      ++count;
      ASSERT_TRUE(wait_until([&] { return work.begun == count; }));
      EXPECT_EQ(work.cancelled, count - 1);
      if (resets) {
        client.reset();
      } else {
        client.close();
      }
      EXPECT_TRUE(wait_until([&] { return work.cancelled == count; })) << more.size() << resets;
      EXPECT_TRUE(wait_until([&] { return running.answered().size() == static_cast<size_t>(count); }));
    }
  }
  EXPECT_TRUE(wait_until([&] { return running.server.connections() == 0; }));
}

TEST(HttpCancelling, SparesWorkersWhatNobodyWaitsFor) {
  Work work;
  auto router = sample_router();
  work.add_to(router);
  ServerOptions options;
  options.workers = 1;
  Running running(options, std::move(router));
  Client working(running.port);
  working.send(get("/gate"));
  ASSERT_TRUE(wait_until([&] { return work.begun == 1; }));
  for (int i = 0; i < 32; ++i) Client(running.port).send(get("/gate"));
  Client last(running.port);
  last.send(get("/gate"));
  // Those that have left are known before it is their turn.
  const auto gone = [&] {
    const auto all = running.answered();
    return std::count_if(all.begin(), all.end(), [](const Answered& one) { return one.status == 499; });
  };
  ASSERT_TRUE(wait_until([&] { return gone() == 32 && running.server.connections() == 2; }));
  work.gate.open();
  EXPECT_EQ(working.read()->body, "done");
  EXPECT_EQ(last.read()->body, "done");
  EXPECT_EQ(work.done, 2);
  EXPECT_EQ(gone(), 32);
}

TEST(HttpCancelling, ComesWhenWhoSaidItsLastGoes) {
  Work work;
  auto router = sample_router();
  work.add_to(router);
  Running running({}, std::move(router));
  for (const bool resets : {false, true}) {
    Client client(running.port);
    client.send(get("/work"));
    client.end_sending();
    ASSERT_TRUE(wait_until([&] { return work.begun == 1 + resets; }));
    // Time itself: that nothing is cancelled is seen by waiting.
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    EXPECT_EQ(work.cancelled, 0 + resets) << "it waits";
    resets ? client.reset() : client.close();
    EXPECT_TRUE(wait_until([&] { return work.cancelled == 1 + resets; })) << resets;
  }
  EXPECT_TRUE(wait_until([&] { return running.server.connections() == 0; }));
}

TEST(HttpCancelling, StillAnswersWhoOnlySaidItsLast) {
  Work work;
  auto router = sample_router();
  work.add_to(router);
  Running running({}, std::move(router));
  Client client(running.port);
  client.send(get("/gate"));
  ASSERT_TRUE(wait_until([&] { return work.begun == 1; }));
  client.end_sending();
  work.gate.open();
  EXPECT_EQ(client.read()->body, "done");
  EXPECT_TRUE(client.is_closed());
  // Nor is it told that nobody waits; and what it sent before its end is answered as well.
  Client several(running.port);
  several.send(get("/work") + get("/live") + get("/gate"));
  several.end_sending();
  ASSERT_TRUE(wait_until([&] { return work.begun == 2; }));
  // Time itself: that nothing is cancelled is seen by waiting.
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  EXPECT_EQ(work.cancelled, 0);
  work.enough = true;
  for (const auto* expected : {"done", "alive", "done"}) {
    const auto reply = several.read();
    ASSERT_TRUE(reply) << expected;
    EXPECT_EQ(reply->body, expected);
  }
  EXPECT_TRUE(several.is_closed());
  EXPECT_EQ(work.cancelled, 0);
  // What needs no worker is answered in any case.
  Client short_one(running.port);
  short_one.send(get("/live") + get("/live"));
  short_one.end_sending();
  EXPECT_EQ(short_one.read()->body, "alive");
  EXPECT_EQ(short_one.read()->body, "alive");
}

}  // namespace
}  // namespace focus::http
