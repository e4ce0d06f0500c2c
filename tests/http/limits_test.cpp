#include <fcntl.h>
#include <gtest/gtest.h>
#include <pthread.h>
#include <sys/resource.h>

#include <ctime>

#include "http/client.h"
#include "http/error.h"
#include "http/packed.h"
#include "http/server.h"

namespace focus::http {
namespace {

using test::Client;
using test::Gate;
using test::get;
using test::packed;
using test::post;
using test::Running;
using test::sample_router;
using test::text;
using test::wait_until;

constexpr size_t kMiB = size_t{1} << 20;

TEST(HttpLimits, RefusesLargeBodiesBeforeTheyCome) {
  ServerOptions options;
  options.max_body_bytes = 1000;
  Running running(options);
  Client exact(running.port);
  EXPECT_EQ(exact.ask(post("/echo", std::string(1000, 'a')))->status, 200);
  Client large(running.port);
  large.send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 1001\r\n\r\n");
  EXPECT_EQ(large.read()->status, 413);
  EXPECT_TRUE(large.is_closed());
  Client chunked(running.port);
  chunked.send("POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3e8\r\n" +
               std::string(1000, 'a') + "\r\n1\r\na");
  EXPECT_EQ(chunked.read()->status, 413);
  EXPECT_TRUE(chunked.is_closed());
}

TEST(HttpLimits, RefusesAChunkForItsSizeAlone) {
  ServerOptions options;
  options.max_body_bytes = 1000;
  Running running(options);
  const std::string head = "POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
  // 64 GB, more than any number holds, one byte too much, one byte too much behind others.
  for (const std::string& sizes :
       {std::string("1000000000\r\n"), std::string("fffffffffffffffff\r\n"), std::string("3e9\r\n"),
        std::string("3e9\r\nab"), "3e7\r\n" + std::string(999, 'a') + "\r\n2\r\n"}) {
    Client client(running.port);
    const auto begin = Clock::now();
    client.send(head + sizes);
    const auto reply = client.read();
    ASSERT_TRUE(reply) << sizes;
    EXPECT_EQ(reply->status, 413) << sizes;
    EXPECT_LT(test::seconds_since(begin), 10) << "not by its deadline";
    EXPECT_TRUE(client.is_closed());
  }
  Client exact(running.port);
  ASSERT_TRUE(exact.send(head + "3e8\r\n"));
  // Time itself: so that the server reads this part alone.
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  EXPECT_EQ(exact.ask(std::string(1000, 'a') + "\r\n0\r\n\r\n")->status, 200);
}

TEST(HttpLimits, IsHeardByThoseWhoStillSend) {
  ServerOptions options;
  options.token = "secret";
  Running running(options);
  const std::string megabyte(kMiB, 'a');
  for (const auto* fields :
       {"Content-Length: 31457280\r\n", "Content-Length: 99999999\r\nAuthorization: Bearer secret\r\n"}) {
    Client client(running.port);
    client.send("POST /echo HTTP/1.1\r\nHost: h\r\n" + std::string(fields) + "\r\n");
    // All of it is taken, although nobody wants it: a reset would take the answer away.
    for (int i = 0; i < 30; ++i) ASSERT_TRUE(client.send(megabyte)) << i;
    client.end_sending();
    const auto reply = client.read();
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->status, std::string(fields).find("Bearer") == std::string::npos ? 401 : 413);
    EXPECT_EQ(reply->field("connection"), "close");
    EXPECT_TRUE(client.is_closed());
    EXPECT_FALSE(client.was_reset());
  }
}

TEST(HttpLimits, DropsNoMoreThanSome) {
  ServerOptions options;
  options.max_body_bytes = kMiB;
  Running running(options);
  Client client(running.port);
  client.send("POST /none HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n");
  const std::string megabyte(kMiB, 'a');
  int sent = 0;
  while (sent < 1000 && client.send(megabyte)) ++sent;
  EXPECT_LT(sent, 100);  // Some lie in the kernel's buffers.
}

TEST(HttpLimits, KeepsTheConnectionWhereTheBodyIsHere) {
  Running running;
  Client client(running.port);
  EXPECT_EQ(client.ask(post("/none", "abc"))->status, 404);
  EXPECT_EQ(client.ask(post("/live", "abc"))->status, 405);
  EXPECT_EQ(client.ask(get("/live"))->status, 200);
}

TEST(HttpLimits, AsksForTheBodyOnceItIsWanted) {
  ServerOptions options;
  options.token = "secret";
  options.max_body_bytes = 1000;
  Running running(options);
  const std::string expect = "Expect: 100-continue\r\n", token = "Authorization: Bearer secret\r\n";
  Client client(running.port);
  client.send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n" + expect + token + "\r\n");
  EXPECT_EQ(client.read(false, true)->status, 100);
  client.send("abc");
  EXPECT_EQ(client.read(false, true)->body, "abc");
  // Who sends it without waiting needs no asking.
  EXPECT_EQ(client.send(post("/echo", "abc", expect + token)), true);
  EXPECT_EQ(client.read(false, true)->status, 200);
  // No body, no asking.
  client.send(get("/live", expect));
  EXPECT_EQ(client.read(false, true)->status, 200);
  for (const auto& [fields, status] :
       {std::pair{expect + "Content-Length: 3\r\n", 401},
        {expect + token + "Content-Length: 1001\r\n", 413},
        {expect + token + "Content-Length: 3\r\nContent-Encoding: br\r\n", 415}}) {
    Client refused(running.port);
    refused.send("POST /echo HTTP/1.1\r\nHost: h\r\n" + fields + "\r\n");
    EXPECT_EQ(refused.read(false, true)->status, status);
    // Whether the body comes is not known, so what comes is not taken for a request.
    EXPECT_TRUE(refused.is_closed());
  }
}

/// POST /hold keeps its exchanges, and what was taken of them.
struct Holder {
  std::mutex mutex;
  std::vector<ExchangePointer> held;
  std::vector<std::string> bodies;

  void add_to(Router& router) {
    router.add({"POST", "/hold", "/hold", [this](const ExchangePointer& exchange) {
                  const std::lock_guard lock(mutex);
                  bodies.push_back(exchange->take_body());
                  held.push_back(exchange);
                }});
  }
  size_t count() {
    const std::lock_guard lock(mutex);
    return held.size();
  }
  void answer_all() {
    const std::lock_guard lock(mutex);
    for (auto& exchange : held) exchange->answer(text("done"));
    held.clear();
    bodies.clear();
  }
};

TEST(HttpLimits, BoundsAllBodiesTogether) {
  Holder holder;
  auto router = sample_router();
  holder.add_to(router);
  ServerOptions options;
  options.max_body_bytes = 4 * kMiB;
  options.max_body_bytes_together = 5 * kMiB;
  Running running(options, std::move(router));
  const std::string body(2 * kMiB, 'a');
  Client first(running.port), second(running.port);
  first.send(post("/hold", body));
  second.send(post("/hold", body));
  ASSERT_TRUE(wait_until([&] { return holder.count() == 2; }));

  const auto expect_refusal = [&](const std::string& request) {
    Client client(running.port);
    client.send(request);
    const auto reply = client.read();
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->status, 503);
    EXPECT_EQ(reply->field("retry-after"), "1");
    EXPECT_TRUE(client.is_closed());
  };
  // By its length, before a byte came.
  expect_refusal("POST /hold HTTP/1.1\r\nHost: h\r\nContent-Length: 2097152\r\n\r\n");
  // By what came.
  expect_refusal("POST /hold HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n200000\r\n" + body);
  // By what it is when it is decompressed, at which the connection may live on.
  Client packing(running.port);
  EXPECT_EQ(packing.ask(post("/echo", packed(body, Coding::kGzip), "Content-Encoding: gzip\r\n"))->status,
            503);
  // What is claimed and does not come holds nothing.
  std::vector<Client> claiming;
  for (int i = 0; i < 20; ++i) {
    claiming.emplace_back(running.port)
        .send("POST /hold HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\na");
  }
  Client small(running.port);
  EXPECT_EQ(small.ask(post("/echo", std::string(500000, 'a')))->status, 200);

  holder.answer_all();
  EXPECT_EQ(first.read()->status, 200);
  EXPECT_EQ(second.read()->status, 200);
  Client after(running.port);
  EXPECT_EQ(after.ask(post("/echo", std::string(4 * kMiB, 'a')))->status, 200);
  EXPECT_EQ(after.ask(post("/echo", packed(body, Coding::kGzip), "Content-Encoding: gzip\r\n"))->status, 200);
}

TEST(HttpLimits, GivesBytesBackWhoeverGoes) {
  Holder holder;
  auto router = sample_router();
  holder.add_to(router);
  ServerOptions options;
  options.max_body_bytes_together = 3 * kMiB;
  Running running(options, std::move(router));
  for (int i = 0; i < 20; ++i) {
    // In the middle of its body.
    Client cut(running.port);
    cut.send("POST /hold HTTP/1.1\r\nHost: h\r\nContent-Length: 1048576\r\n\r\n" +
             std::string(kMiB - 1, 'a'));
    cut.reset();
    // While it is worked on; as long as it is not known that those before have gone, it may be refused.
    ASSERT_TRUE(wait_until([&] {
      Client gone(running.port);
      gone.send(post("/hold", std::string(kMiB, 'a')));
      pollfd refusal{gone.handle(), POLLIN, 0};
      wait_until([&] { return holder.count() > 0 || poll(&refusal, 1, 0) > 0; });
      gone.reset();
      return holder.count() > 0;
    }));
    holder.answer_all();
  }
  ASSERT_TRUE(wait_until([&] {
    Client client(running.port);
    const auto reply = client.ask(post("/echo", std::string(3 * kMiB, 'a')));
    return reply && reply->status == 200;
  }));
}

TEST(HttpLimits, MakesRoomForNewConnections) {
  Gate gate;
  auto router = sample_router();
  std::atomic<int> waiting{0};
  router.add({"GET", "/wait", "/wait", [&](const ExchangePointer& exchange) {
                ++waiting;
                gate.wait();
                exchange->answer(text("waited"));
              }});
  ServerOptions options;
  options.max_connections = 3;
  options.workers = 3;
  Running running(options, std::move(router));
  std::vector<Client> idle;
  for (int i = 0; i < 3; ++i) {
    idle.emplace_back(running.port);
    EXPECT_EQ(idle.back().ask(get("/live"))->status, 200);
  }
  // The one that was idle longest goes.
  EXPECT_EQ(idle[0].ask(get("/live"))->status, 200);
  Client fourth(running.port);
  EXPECT_EQ(fourth.ask(get("/live"))->status, 200);
  EXPECT_TRUE(idle[1].is_closed());
  EXPECT_EQ(idle[0].ask(get("/live"))->status, 200);
  EXPECT_EQ(idle[2].ask(get("/live"))->status, 200);
  EXPECT_EQ(running.server.connections(), 3);

  // None that is at work does.
  for (auto* client : {&idle[0], &idle[2], &fourth}) client->send(get("/wait"));
  ASSERT_TRUE(wait_until([&] { return waiting == 3; }));
  for (int i = 0; i < 5; ++i) {
    Client more(running.port);
    more.send(get("/live"));
    const auto reply = more.read();
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->status, 503);
    EXPECT_EQ(reply->field("retry-after"), "1");
    EXPECT_TRUE(more.is_closed());
    EXPECT_FALSE(more.was_reset());
  }
  gate.open();
  for (auto* client : {&idle[0], &idle[2], &fourth}) EXPECT_EQ(client->read()->body, "waited");
  EXPECT_EQ(Client(running.port).ask(get("/live"))->status, 200);
}

/// The limit on open files, put back in the end.
class FileLimit {
 public:
  FileLimit() { getrlimit(RLIMIT_NOFILE, &before_); }
  ~FileLimit() { setrlimit(RLIMIT_NOFILE, &before_); }
  /// No more can be opened.
  void close_now() {
    const int next = dup(0);
    close(next);
    rlimit now = before_;
    now.rlim_cur = static_cast<rlim_t>(next);
    setrlimit(RLIMIT_NOFILE, &now);
  }

 private:
  rlimit before_{};
};

TEST(HttpLimits, GoesOnWithoutFiles) {
  Gate gate;
  auto router = sample_router();
  std::atomic<int> waiting{0}, ticks{0};
  std::atomic<int64_t> used{0};
  router.add({"GET", "/wait", "/wait", [&](const ExchangePointer& exchange) {
                ++waiting;
                gate.wait();
                exchange->answer(text("waited"));
              }});
  Running running({}, std::move(router), [&] {
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    used = now.tv_sec * 1000 + now.tv_nsec / 1000000;
    ++ticks;
  });
  Client idle(running.port), working(running.port);
  EXPECT_EQ(idle.ask(get("/live"))->status, 200);
  working.send(get("/wait"));
  ASSERT_TRUE(wait_until([&] { return waiting == 1; }));
  Client first(0), second(0);
  FileLimit limit;
  limit.close_now();
  // Room is made by the idle one.
  ASSERT_TRUE(first.connect(running.port));
  EXPECT_EQ(first.ask(get("/live", "X: y\r\n"))->status, 200);
  EXPECT_TRUE(idle.is_closed());
  // Then by the one that was new before; once it is busy there is none, and nobody spins.
  first.send("GET /wa");
  ASSERT_TRUE(second.connect(running.port));
  second.send(get("/live"));
  const int ticks_before = ticks;
  ASSERT_TRUE(wait_until([&] { return ticks >= ticks_before + 2; }));
  const int64_t used_before = used;
  ASSERT_TRUE(wait_until([&] { return ticks >= ticks_before + 7; }));
  EXPECT_LT(used - used_before, 100) << "milliseconds of CPU in half a second";
  // It ends as soon as there is a file again.
  gate.open();
  EXPECT_EQ(working.read()->body, "waited");
  EXPECT_EQ(second.read()->status, 200);
}

TEST(HttpLimits, SaysThatThreadsCannotBeMade) {
  pthread_attr_t before, huge;
  ASSERT_EQ(pthread_getattr_default_np(&before), 0);
  ASSERT_EQ(pthread_attr_init(&huge), 0);
  ASSERT_EQ(pthread_attr_setstacksize(&huge, size_t{1} << 50), 0);
  ServerOptions options;
  options.port = 0;
  Server server(options, sample_router());
  const int port = server.bind();
  Client client(port);
  client.send(get("/live"));
  ASSERT_EQ(pthread_setattr_default_np(&huge), 0);
  std::string message;
  try {
    server.run();
  } catch (const Error& error) {
    message = error.what();
  }
  pthread_setattr_default_np(&before);
  pthread_attr_destroy(&huge);
  pthread_attr_destroy(&before);
  EXPECT_EQ(message.rfind("cannot start thread 1 of 2", 0), 0u) << message;
}

}  // namespace
}  // namespace focus::http
