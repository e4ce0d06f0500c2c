#include "http/server.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>

#include <new>

#include "http/client.h"
#include "http/error.h"
#include "http/packed.h"

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

TEST(HttpServer, AnswersAndKeepsTheConnection) {
  ServerOptions options;
  options.headers = {{"X-Content-Type-Options", "nosniff"}};
  Running running(options);
  Client client(running.port);
  for (const bool at_once : {true, false, true}) {
    const std::string body(at_once ? 3 : 300000, 'b');
    const auto reply = client.ask(post(at_once ? "/echo-at-once" : "/echo", body,
                                       "Content-Type: application/x-www-form-urlencoded\r\n"));
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->status, 200);
    EXPECT_EQ(reply->body, body);
    EXPECT_EQ(reply->field("x-sent"), std::to_string(body.size()));
    EXPECT_EQ(reply->field("content-type"), "text/plain");
    EXPECT_EQ(reply->field("accept-ranges"), "none");
    EXPECT_EQ(reply->field("x-content-type-options"), "nosniff");
    EXPECT_EQ(reply->field("connection"), "");
    EXPECT_EQ(reply->field("date").size(), std::string("Sun, 06 Nov 1994 08:49:37 GMT").size());
  }
  EXPECT_EQ(client.ask(get("/name/a%2Fb"))->body, "a/b");
  EXPECT_EQ(running.server.connections(), 1);
}

TEST(HttpServer, TakesChunkedBodies) {
  Running running;
  Client client(running.port);
  const auto reply = client.ask(
      "POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n3\r\ncde\r\n0\r\n\r\n");
  EXPECT_EQ(reply->body, "abcde");
  EXPECT_EQ(client.ask(get("/live"))->body, "alive");
}

TEST(HttpServer, TakesRequestsByteByByte) {
  Running running;
  Client client(running.port);
  ASSERT_TRUE(client.send_slowly(post("/echo", "abc") +
                                 "POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
                                 "2\r\nab\r\n0\r\n\r\n\r\n" +
                                 get("/live")));
  EXPECT_EQ(client.read()->body, "abc");
  EXPECT_EQ(client.read()->body, "ab");
  EXPECT_EQ(client.read()->body, "alive");
}

TEST(HttpServer, AnswersPipelinedRequestsInOrder) {
  Running running;
  Client client(running.port);
  std::string requests;
  for (int i = 0; i < 500; ++i) {
    requests += i % 3 == 0 ? get("/live") : post(i % 3 == 1 ? "/echo" : "/echo-at-once", std::to_string(i));
  }
  std::thread sender([&] { client.send(requests); });
  for (int i = 0; i < 500; ++i) {
    const auto reply = client.read();
    ASSERT_TRUE(reply) << i;
    EXPECT_EQ(reply->body, i % 3 == 0 ? "alive" : std::to_string(i));
  }
  sender.join();
}

TEST(HttpServer, FollowsTheRulesOfHttp10) {
  Running running;
  Client once(running.port);
  const auto reply = once.ask("GET /live HTTP/1.0\r\n\r\n");
  EXPECT_EQ(reply->body, "alive");
  EXPECT_EQ(reply->field("connection"), "close");
  EXPECT_TRUE(once.is_closed());
  Client kept(running.port);
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(kept.ask("GET /live HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")->field("connection"),
              "keep-alive");
  }
  Client closing(running.port);
  EXPECT_EQ(closing.ask(get("/live", "Connection: close\r\n"))->field("connection"), "close");
  EXPECT_TRUE(closing.is_closed());
}

TEST(HttpServer, AnswersHeadWithoutBody) {
  Running running;
  Client client(running.port);
  const auto head = client.ask("HEAD /live HTTP/1.1\r\nHost: h\r\n\r\n", true);
  EXPECT_EQ(head->status, 200);
  EXPECT_EQ(head->field("content-length"), "5");
  const auto missing = client.ask("HEAD /none HTTP/1.1\r\nHost: h\r\n\r\n", true);
  EXPECT_EQ(missing->status, 404);
  EXPECT_EQ(client.ask(get("/live"))->body, "alive");
}

TEST(HttpServer, SaysWhatThereIs) {
  ServerOptions options;
  options.not_found = "see /help";
  Running running(options);
  Client client(running.port);
  auto reply = client.ask(get("/none"));
  EXPECT_EQ(reply->status, 404);
  EXPECT_EQ(reply->body, "{\"error\":\"see /help\"}");
  EXPECT_EQ(reply->field("content-type"), "application/json");
  reply = client.ask(post("/live", "body"));
  EXPECT_EQ(reply->status, 405);
  EXPECT_EQ(reply->field("allow"), "GET, HEAD, OPTIONS");
  reply = client.ask("OPTIONS /echo HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(reply->status, 204);
  EXPECT_EQ(reply->field("allow"), "POST, OPTIONS");
  EXPECT_EQ(reply->fields.count("content-length"), 0u);
  EXPECT_EQ(client.ask("OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n")->status, 204);
  EXPECT_EQ(client.ask("OPTIONS /none HTTP/1.1\r\nHost: h\r\n\r\n")->status, 404);
  EXPECT_EQ(client.ask("BREW /live HTTP/1.1\r\nHost: h\r\n\r\n")->status, 405);
  EXPECT_EQ(client.ask("TRACE /live HTTP/1.1\r\nHost: h\r\n\r\n")->status, 405);
  EXPECT_EQ(client.ask("CONNECT h:80 HTTP/1.1\r\nHost: h\r\n\r\n")->status, 405);
  EXPECT_EQ(client.ask("GET http://h/live HTTP/1.1\r\nHost: h\r\n\r\n")->body, "alive");
}

TEST(HttpServer, AnswersMalformedRequestsAndCloses) {
  Running running;
  const std::vector<std::pair<std::string, int>> requests{
      {"\x16\x03\x01", 400},
      {"GET / HTTP/3.0\r\n\r\n", 505},
      {"GET /live HTTP/1.1\r\n\r\n", 400},
      {get("/live", "A: b\r\n c\r\n"), 400},
      {"GET /live HTTP/1.1\nHost: h\n\n", 400},
      {post("/echo", "a", "Transfer-Encoding: chunked\r\n"), 400},
      {post("/echo", "a", "Content-Length: 2\r\n"), 400},
      {"POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip\r\n\r\n", 501},
      {"POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nx", 400},
      {get("/live?a=%zz"), 400},
      {get("/live", "Expect: more\r\n"), 417},
      {"GET /" + std::string(70000, 'a') + " HTTP/1.1\r\nHost: h\r\n\r\n", 414},
      {get("/live", "A: " + std::string(70000, 'a') + "\r\n"), 431},
  };
  for (const auto& [request, status] : requests) {
    Client client(running.port);
    const auto reply = client.ask(request + get("/live"));
    ASSERT_TRUE(reply) << request.substr(0, 60);
    EXPECT_EQ(reply->status, status) << request.substr(0, 60);
    EXPECT_EQ(reply->field("connection"), "close");
    EXPECT_EQ(reply->body.rfind("{\"error\":\"", 0), 0u);
    // What follows is never taken for a request.
    EXPECT_EQ(client.read_all(), "") << request.substr(0, 60);
    EXPECT_FALSE(client.was_reset());
  }
}

TEST(HttpServer, SaysThatARequestIsCut) {
  Running running;
  for (const auto& request :
       {std::string("GET /li"),
        std::string("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nabc")}) {
    Client client(running.port);
    client.send(request);
    client.end_sending();
    EXPECT_EQ(client.read()->status, 400);
    EXPECT_TRUE(client.is_closed());
  }
}

TEST(HttpServer, TellsWhoBeginsWithHttp2) {
  Running running;
  Client client(running.port);
  client.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + std::string("\0\0\0\4\0\0\0\0\0", 9));
  const auto reply = client.read();
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, 505);
  EXPECT_NE(reply->body.find("speaks HTTP/2"), std::string::npos) << reply->body;
  EXPECT_TRUE(client.is_closed());
  EXPECT_FALSE(client.was_reset());
}

TEST(HttpServer, AnswersAtSightWithoutAWorker) {
  Gate gate;
  std::atomic<int> begun{0};
  auto router = sample_router();
  router.add({"POST", "/sight", "/sight",
              [&](const ExchangePointer& exchange) {
                ++begun;
                gate.wait();
                exchange->answer(text("by a worker"));
              },
              Runs::kAmongWorkers, Access::kToken,
              [](const ExchangePointer& exchange) {
                const auto& body = exchange->request().body;
                if (body == "bad") fail_http(418, "at sight");
                if (body == "worse") throw std::bad_alloc();
                if (body != "quick") return false;
                exchange->answer(text("at sight"));
                return true;
              }});
  ServerOptions options;
  options.workers = 1;
  Running running(options, std::move(router));
  Client slow(running.port), quick(running.port), compressed(running.port);
  slow.send(post("/sight", "slow"));
  ASSERT_TRUE(wait_until([&] { return begun == 1; }));
  compressed.send(post("/sight", packed("quick", Coding::kGzip), "Content-Encoding: gzip\r\n"));
  // The only worker is busy.
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(quick.ask(post("/sight", "quick"))->body, "at sight");
    EXPECT_EQ(quick.ask(post("/sight", "bad"))->status, 418);
    EXPECT_EQ(quick.ask(post("/sight", "worse"))->status, 503);
  }
  gate.open();
  EXPECT_EQ(slow.read()->body, "by a worker");
  EXPECT_EQ(compressed.read()->body, "by a worker") << "decompressing is a worker's";
}

TEST(HttpServer, AsksForTheToken) {
  ServerOptions options;
  options.token = "secret";
  Running running(options);
  Client client(running.port);
  EXPECT_EQ(client.ask(get("/live"))->status, 200);
  for (const auto* wrong : {"", "Authorization: Bearer secre\r\n", "Authorization: Bearer secret2\r\n",
                            "Authorization: Basic secret\r\n", "Authorization: secret\r\n",
                            "Authorization: Bearer\r\n", "Authorization: Bearer SECRET\r\n"}) {
    const auto reply = client.ask(get("/name/a", wrong));
    EXPECT_EQ(reply->status, 401) << wrong;
    EXPECT_EQ(reply->field("www-authenticate"), "Bearer");
  }
  EXPECT_EQ(client.ask(get("/name/a", "Authorization: bearer  secret\r\n"))->body, "a");
  // What is not there is said without it, and before it.
  EXPECT_EQ(client.ask(get("/none"))->status, 404);
  EXPECT_EQ(client.ask(get("/echo"))->status, 405);
  // Before sizes.
  Client large(running.port);
  large.send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999999\r\nContent-Encoding: br\r\n\r\n");
  EXPECT_EQ(large.read()->status, 401);
}

TEST(HttpServer, AnswersFromAnyThreadAndOnce) {
  Router router;
  std::vector<std::thread> threads;
  router.add({"GET", "/later", "/later",
              [&](const ExchangePointer& exchange) {
                threads.emplace_back([exchange] {
                  exchange->answer(text("first"));
                  exchange->answer(text("second"));
                });
              },
              Runs::kAtOnce});
  router.add({"GET", "/dropped", "/dropped", [](const ExchangePointer&) {}});
  router.add({"GET", "/dropped-at-once", "/dropped-at-once", [](const ExchangePointer&) {}, Runs::kAtOnce});
  Running running({}, std::move(router));
  Client client(running.port);
  for (int i = 0; i < 50; ++i) EXPECT_EQ(client.ask(get("/later"))->body, "first");
  EXPECT_EQ(client.ask(get("/dropped"))->status, 500);
  EXPECT_EQ(client.ask(get("/dropped-at-once"))->status, 500);
  for (auto& thread : threads) thread.join();
}

TEST(HttpServer, SaysWhatHandlersThrow) {
  for (const auto runs : {Runs::kAtOnce, Runs::kAmongWorkers}) {
    Router router;
    router.add({"GET", "/throw/{what}", "/throw",
                [](const ExchangePointer& exchange) {
                  const auto& what = exchange->request().head.captured.at("what");
                  if (what == "http") fail_http(409, "a {} b", "\xff\"");
                  if (what == "usage") throw UsageError("misuse");
                  if (what == "memory") throw std::bad_alloc();
                  if (what == "error") throw Error("wrong");
                  throw 1;
                },
                runs});
    Running running({}, std::move(router));
    Client client(running.port);
    auto reply = client.ask(get("/throw/http"));
    EXPECT_EQ(reply->status, 409);
    EXPECT_EQ(reply->body, "{\"error\":\"a \xef\xbf\xbd\\\" b\"}");
    EXPECT_EQ(client.ask(get("/throw/usage"))->status, 400);
    reply = client.ask(get("/throw/memory"));
    EXPECT_EQ(reply->status, 503);
    EXPECT_EQ(reply->field("retry-after"), "1");
    reply = client.ask(get("/throw/error"));
    EXPECT_EQ(reply->status, 500);
    EXPECT_EQ(reply->body, "{\"error\":\"wrong\"}");
    EXPECT_EQ(client.ask(get("/throw/number"))->status, 500);
    EXPECT_EQ(client.ask(get("/none"))->status, 404);
  }
}

TEST(HttpServer, KeepsFieldsInTheirLines) {
  Router router;
  router.add({"GET", "/", "/", [](const ExchangePointer& exchange) {
                auto response = text("body");
                response.headers.add("X-A", "b\r\nX-Injected: c");
                response.headers.add("bad name", "d");
                response.headers.add("Content-Length", "1000");
                response.headers.add("Connection", "upgrade");
                response.lasting_body = "lasting";
                exchange->answer(std::move(response));
              }});
  Running running({}, std::move(router));
  Client client(running.port);
  const auto reply = client.ask(get("/"));
  EXPECT_EQ(reply->body, "lasting");
  EXPECT_EQ(reply->field("x-a"), "b  X-Injected: c");
  EXPECT_EQ(reply->fields.count("x-injected"), 0u);
  EXPECT_EQ(reply->fields.count("connection"), 0u);
}

TEST(HttpServer, UnpacksBodies) {
  ServerOptions options;
  options.max_body_bytes = 100000;
  Running running(options);
  Client client(running.port);
  const std::string body(100000, 'x');
  for (const auto& [name, coding] : {std::pair{"gzip", Coding::kGzip}, {"deflate", Coding::kDeflate}}) {
    for (const auto* path : {"/echo", "/echo-at-once"}) {
      const auto bytes = packed(body, coding);
      const auto reply = client.ask(post(path, bytes, std::string("Content-Encoding: ") + name + "\r\n"));
      EXPECT_EQ(reply->body, body);
      EXPECT_EQ(reply->field("x-sent"), std::to_string(bytes.size()));
    }
  }
  EXPECT_EQ(
      client.ask(post("/echo", packed(body + "x", Coding::kGzip), "Content-Encoding: gzip\r\n"))->status,
      413);
  EXPECT_EQ(client.ask(post("/echo", "none", "Content-Encoding: gzip\r\n"))->status, 400);
  EXPECT_EQ(client.ask(post("/echo", "same", "Content-Encoding: identity\r\n"))->body, "same");
  const auto reply = client.ask(post("/echo", "x", "Content-Encoding: br\r\n"));
  EXPECT_EQ(reply->status, 415);
  EXPECT_EQ(reply->field("accept-encoding"), "gzip, deflate");
}

TEST(HttpServer, TellsWhatItAnswered) {
  Running running;
  Client client(running.port);
  const auto begin = Clock::now();
  client.ask(post("/echo", "abc"));
  client.ask(get("/none?x=y"));
  client.send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999999\r\n\r\n");
  client.read();
  ASSERT_TRUE(wait_until([&] { return running.answered().size() == 3; }));
  const auto answered = running.answered();
  EXPECT_EQ(answered[0].route, "/echo");
  EXPECT_EQ(answered[0].method, "POST");
  EXPECT_EQ(answered[0].path, "/echo");
  EXPECT_EQ(answered[0].client, "127.0.0.1");
  EXPECT_EQ(answered[0].status, 200);
  EXPECT_EQ(answered[0].body_bytes, 3u);
  EXPECT_GT(answered[0].seconds, 0);
  EXPECT_LT(answered[0].seconds, test::seconds_since(begin));
  EXPECT_EQ(answered[1].route, "other");
  EXPECT_EQ(answered[1].path, "/none");
  EXPECT_EQ(answered[1].status, 404);
  EXPECT_EQ(answered[2].route, "refused");
  EXPECT_EQ(answered[2].status, 413);
}

TEST(HttpServer, DropsWhatIsThrownByItsWatchers) {
  std::atomic<int> ticks{0};
  ServerOptions options;
  options.port = 0;
  Server server(options, sample_router(), [](const Answered&) { throw Error("the log is full"); });
  const int port = server.bind();
  std::thread thread([&] {
    server.run([&] {
      ++ticks;
      throw Error("tick");
    });
  });
  Client client(port);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(client.ask(get("/live"))->body, "alive");
  EXPECT_TRUE(wait_until([&] { return ticks >= 3; }));
  EXPECT_EQ(client.ask(get("/live"))->body, "alive");
  server.stop(0);
  thread.join();
}

TEST(HttpServer, SharesNoPort) {
  Running running;
  for (const auto* host : {"127.0.0.1", "localhost", "0.0.0.0"}) {
    ServerOptions options;
    options.host = host;
    options.port = running.port;
    Server second(options, sample_router());
    if (std::string(host) != "localhost") {
      EXPECT_THROW(second.bind(), Error) << host;
    }
  }
  // Not even with one that would.
  const int sharing = socket(AF_INET, SOCK_STREAM, 0), yes = 1;
  setsockopt(sharing, SOL_SOCKET, SO_REUSEPORT, &yes, sizeof(yes));
  setsockopt(sharing, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(running.port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const bool shared = ::bind(sharing, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0 &&
                      listen(sharing, 1) == 0;
  EXPECT_FALSE(shared);
  close(sharing);
}

TEST(HttpServer, ListensWhereItIsTold) {
  for (const auto* host : {"localhost", "127.0.0.1", "0.0.0.0", "::1", "[::1]", "::"}) {
    if (std::string(host).find(':') != std::string::npos) {
      const int probe = socket(AF_INET6, SOCK_STREAM, 0);
      sockaddr_in6 address{};
      address.sin6_family = AF_INET6;
      address.sin6_addr = in6addr_loopback;
      const bool has_v6 =
          probe >= 0 && ::bind(probe, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
      close(probe);
      if (!has_v6) continue;
    }
    ServerOptions options;
    options.host = host;
    options.port = 0;
    Server server(options, sample_router());
    EXPECT_GT(server.bind(), 0) << host;
  }
  for (const auto& [host, port] :
       {std::pair{"no.such.host.invalid", 0}, {"1.2.3.4", 0}, {"127.0.0.1", 70000}, {"", -1}}) {
    ServerOptions options;
    options.host = host;
    options.port = port;
    Server server(options, sample_router());
    EXPECT_THROW(server.bind(), Error) << host;
  }
}

TEST(HttpServer, RunsBesideAnother) {
  Running first, second;
  Client one(first.port), two(second.port);
  EXPECT_EQ(one.ask(get("/name/one"))->body, "one");
  EXPECT_EQ(two.ask(get("/name/two"))->body, "two");
  first.stop(1);
  EXPECT_EQ(two.ask(get("/name/two"))->body, "two");
}

TEST(HttpServer, OutlivesItsExchangesAndTheyIt) {
  ExchangePointer kept;
  {
    Router router;
    Gate taken;
    router.add({"POST", "/keep", "/keep", [&](const ExchangePointer& exchange) {
                  kept = exchange;
                  taken.open();
                }});
    Running running({}, std::move(router));
    Client client(running.port);
    client.send(post("/keep", "abc"));
    ASSERT_TRUE(taken.wait());
    running.stop(0);
  }
  EXPECT_TRUE(*kept->cancelled());
  EXPECT_EQ(kept->take_body(), "abc");
  kept->answer(text("too late"));
  kept.reset();
}

}  // namespace
}  // namespace focus::http
