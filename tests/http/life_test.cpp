#include <gtest/gtest.h>

#include <random>

#include "http/client.h"
#include "http/server.h"
#include "support/rounds.h"

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

// What a busy machine adds to any time.
constexpr double kSlack = 3;

TEST(HttpLife, EndsBeforeItBegins) {
  ServerOptions options;
  options.port = 0;
  Server server(options, sample_router());
  server.stop(60);
  server.bind();
  server.run();
  Server never_bound(options, sample_router());
  never_bound.stop(0);
}

TEST(HttpLife, AnswersWhatItHasBeforeItEnds) {
  Gate gate;
  std::atomic<int> begun{0};
  auto router = sample_router();
  router.add({"GET", "/wait", "/wait", [&](const ExchangePointer& exchange) {
                ++begun;
                gate.wait();
                exchange->answer(text("waited"));
              }});
  ServerOptions options;
  options.workers = 1;
  Running running(options, std::move(router));
  Client idle(running.port), working(running.port), queued(running.port), arriving(running.port);
  EXPECT_EQ(idle.ask(get("/live"))->status, 200);
  working.send(get("/wait") + get("/live"));
  ASSERT_TRUE(wait_until([&] { return begun == 1; }));
  queued.send(get("/wait"));
  arriving.send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nab");
  ASSERT_TRUE(wait_until([&] { return running.server.connections() == 4; }));
  // All that was sent has been read by now.
  EXPECT_EQ(Client(running.port).ask(get("/live"))->status, 200);
  running.server.stop(60);
  EXPECT_TRUE(idle.is_closed());
  arriving.send("cd");
  gate.open();
  for (auto* client : {&working, &queued, &arriving}) {
    const auto reply = client->read();
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->status, 200);
    EXPECT_EQ(reply->field("connection"), "close");
    EXPECT_EQ(client->read_all(), "");
  }
  running.join();
  Client late(0);
  EXPECT_FALSE(late.connect(running.port));
}

TEST(HttpLife, WaitsShortlyForRequestsThatHaveBegun) {
  ServerOptions options;
  options.stopping_seconds = 0.2;
  Running running(options);
  Client client(running.port);
  client.send("GET /li");
  ASSERT_TRUE(wait_until([&] { return running.server.connections() == 1; }));
  EXPECT_EQ(Client(running.port).ask(get("/live"))->status, 200);
  const auto begin = Clock::now();
  running.server.stop(60);
  const auto reply = client.read();
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, 503);
  client.close();
  running.join();
  EXPECT_LT(seconds_since(begin), 0.2 + kSlack);
}

TEST(HttpLife, EndsInTimeWhateverClientsDo) {
  Gate gate;
  std::atomic<int> begun{0}, cancelled{0};
  const std::string lasting(size_t{16} << 20, 'x');
  auto router = sample_router();
  router.add({"GET", "/wait", "/wait", [&](const ExchangePointer& exchange) {
                ++begun;
                if (wait_until([&] { return exchange->cancelled()->load(); })) ++cancelled;
              }});
  router.add({"GET", "/large", "/large",
              [&](const ExchangePointer& exchange) {
                Response response;
                response.lasting_body = lasting;
                exchange->answer(std::move(response));
              },
              Runs::kAtOnce});
  ServerOptions options;
  options.workers = 2;
  options.stopping_seconds = 60;
  Running running(options, std::move(router));
  std::vector<Client> clients;
  for (int i = 0; i < 40; ++i) {
    clients.emplace_back(running.port, 4096);
    const std::vector<std::string> said{"",
                                        "G",
                                        "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\na",
                                        get("/large"),
                                        get("/wait"),
                                        "POST /none HTTP/1.1\r\nHost: h\r\nContent-Length: 9999999\r\n\r\n"};
    clients.back().send(said[static_cast<size_t>(i) % said.size()]);
  }
  ASSERT_TRUE(wait_until([&] { return running.server.connections() == 40 && begun == 2; }));
  const auto begin = Clock::now();
  running.stop(0.5);
  EXPECT_GE(seconds_since(begin), 0.5);
  EXPECT_LT(seconds_since(begin), 0.5 + kSlack);
  EXPECT_EQ(cancelled, 2);
  EXPECT_EQ(begun, 2);  // Those that waited for a worker never came to one.
  EXPECT_EQ(running.server.connections(), 0);
  EXPECT_EQ(clients[4].read()->status, 503);
  EXPECT_EQ(clients[10].read()->status, 503);
}

TEST(HttpLife, IsHurriedByASecondStop) {
  Gate gate;
  auto router = sample_router();
  router.add({"GET", "/wait", "/wait", [&](const ExchangePointer& exchange) {
                gate.open();
                wait_until([&] { return exchange->cancelled()->load(); });
              }});
  Running running({}, std::move(router));
  Client client(running.port);
  client.send(get("/wait"));
  ASSERT_TRUE(gate.wait());
  const auto begin = Clock::now();
  running.server.stop(60);
  running.server.stop(0.1);
  running.server.stop(60);  // Gives no time back.
  running.join();
  EXPECT_LT(seconds_since(begin), 0.1 + kSlack);
}

TEST(HttpLife, EndsAtAnyMoment) {
  std::mt19937 random(7);
  for (int round = 0; round < focus::test::rounds(20); ++round) {
    ServerOptions options;
    options.port = 0;
    Server server(options, sample_router());
    const int port = server.bind();
    std::vector<std::thread> clients;
    std::atomic<int> answered{0}, other{0};
    for (int i = 0; i < 3; ++i) {
      clients.emplace_back([&, i] {
        Client client(port);
        while (true) {
          const auto reply = client.ask(i == 0 ? get("/live") : post("/echo", std::string(1000, 'a')));
          if (!reply) break;
          ++(reply->status == 200 ? answered : other);
          if (reply->field("connection") == "close") break;
        }
      });
    }
    const auto delay = std::chrono::microseconds(random() % 3000);
    std::thread stopper([&] {
      // Time itself: it ends at some moment, whatever happens then.
      std::this_thread::sleep_for(delay);
      server.stop(kPatienceSeconds);
      server.stop(kPatienceSeconds);
    });
    const auto begin = Clock::now();
    server.run();
    EXPECT_LT(seconds_since(begin), kSlack);
    stopper.join();
    for (auto& client : clients) client.join();
    EXPECT_EQ(other, 0);
  }
}

}  // namespace
}  // namespace focus::http
