// What becomes of connections when memory is short: allocations fail at random, in the server's threads
// alone.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <new>

#include "http/client.h"
#include "http/server.h"

namespace {

std::atomic<bool> memory_is_scarce{false};
std::atomic<int> refused_allocations{0};
thread_local bool is_servers_thread = false;
thread_local unsigned allocation_dice = 1;

bool is_refused() {
  if (!is_servers_thread || !memory_is_scarce) return false;
  allocation_dice = allocation_dice * 1664525u + 1013904223u;
  if ((allocation_dice >> 16) % 40 != 0) return false;
  ++refused_allocations;
  return true;
}

}  // namespace

// Of this whole program; everything else of the library ends here.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"  // It sees one half of a pair inlined.
#endif
void* operator new(size_t size) {
  void* memory = is_refused() ? nullptr : std::malloc(size > 0 ? size : 1);
  if (!memory) throw std::bad_alloc();
  return memory;
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, size_t) noexcept { std::free(memory); }

namespace focus::http {
namespace {

using test::Client;
using test::post;
using test::Running;
using test::text;
using test::wait_until;

TEST(HttpScarceMemory, CostsSomeTheirConnectionAndNobodyTheServer) {
  Router router;
  const auto echo = [](const ExchangePointer& exchange) {
    is_servers_thread = true;
    exchange->answer(text(exchange->take_body()));
  };
  router.add({"POST", "/echo/{name}", "/echo", echo});
  router.add({"POST", "/echo-at-once/{name}", "/echo-at-once", echo, Runs::kAtOnce});
  Running running({}, std::move(router), [] { is_servers_thread = true; });
  const std::string body(100000, 'a');
  const std::string name(200, 'n');
  memory_is_scarce = true;
  std::atomic<int> answered{0}, refused{0}, closed{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] {
      for (int round = 0; round < 60; ++round) {
        Client client(running.port);
        for (int request = 0; request < 3; ++request) {
          const auto reply =
              client.ask(post((i % 2 ? "/echo/" : "/echo-at-once/") + name, round % 2 ? body : "short"));
          if (!reply) {
            ++closed;
            break;
          }
          if (reply->status == 200) {
            EXPECT_EQ(reply->body, round % 2 ? body : "short");
          } else {
            EXPECT_TRUE(reply->status == 503 || reply->status == 500) << reply->status;
          }
          ++(reply->status == 200 ? answered : refused);
          if (reply->field("connection") == "close") break;
        }
      }
    });
  }
  for (auto& thread : threads) thread.join();
  memory_is_scarce = false;
  EXPECT_GT(refused_allocations, 50);
  EXPECT_GT(answered, 100);
  EXPECT_GT(refused + closed, 10);
  EXPECT_TRUE(wait_until([&] { return running.server.connections() == 0; }));
  EXPECT_EQ(Client(running.port).ask(post("/echo/a", "good"))->body, "good");
}

}  // namespace
}  // namespace focus::http
