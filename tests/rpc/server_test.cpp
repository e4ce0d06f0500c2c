#include "rpc/server.h"

#include <gtest/gtest.h>

#include <condition_variable>
#include <fstream>
#include <mutex>
#include <random>
#include <thread>

#include "base/error.h"
#include "rpc/raw_http2.h"
#include "support/wait_until.h"

namespace focus::rpc {
namespace {

using test::frame;
using test::head;
using test::message_prefix;
using test::opening;
using test::RawClient;

constexpr const char *kEcho = "/t.S/Echo", *kHold = "/t.S/Hold", *kOpen = "/t.S/Open";

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// Of this process, in MB.
double resident_mb() {
  std::ifstream status("/proc/self/statm");
  size_t all = 0, resident = 0;
  status >> all >> resident;
  return static_cast<double>(resident) * static_cast<double>(sysconf(_SC_PAGESIZE)) / 1e6;
}

/// Sanitizers keep what is freed, and more beside it.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif

class RpcServerTest : public testing::Test {
 protected:
  void start(ServerOptions options = {}) {
    std::vector<Method> methods(3);
    methods[0] = {kEcho, "echo", true, true, size_t{8} << 20, [](const CallPointer& call) {
                    auto message = call->take_message();
                    call->answer(std::move(message.bytes));
                  }};
    // Keeps the call, as a queue does.
    methods[1] = {kHold, "hold", true, true, 1000, [this](const CallPointer& call) {
                    const std::lock_guard lock(mutex_);
                    held_.push_back(call);
                    changed_.notify_all();
                  }};
    methods[2] = {kOpen, "open", false, false, 1000, [](const CallPointer& call) { call->answer(""); }};
    server_ = std::make_unique<Server>(options, methods, [this](const http::Answered& answered) {
      const std::lock_guard lock(mutex_);
      answered_.push_back(answered);
      changed_.notify_all();
    });
    port_ = server_->bind();
    server_->start();
  }
  void TearDown() override {
    held_.clear();
    server_.reset();
  }

  template <typename Condition>
  bool eventually(Condition condition, double seconds = 10) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::duration<double>(seconds), condition);
  }
  bool closes_all(double seconds = 10) {
    return test::wait_until([this] { return server_->connections() == 0; }, seconds);
  }
  /// Statuses that HTTP would have had, of all calls that are over.
  std::vector<int> statuses() {
    const std::lock_guard lock(mutex_);
    std::vector<int> list;
    for (const auto& answered : answered_) list.push_back(answered.status);
    return list;
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<CallPointer> held_;
  std::vector<http::Answered> answered_;
  std::unique_ptr<Server> server_;
  int port_ = 0;
};

/// A whole call with a message of that text.
std::string call(uint32_t stream, const char* path, const std::string& text,
                 const test::RawFields& more = {}) {
  return head(stream, path, more) + frame(NGHTTP2_DATA, NGHTTP2_FLAG_END_STREAM, stream,
                                          message_prefix(static_cast<uint32_t>(text.size())) + text);
}

TEST_F(RpcServerTest, AnswersWhateverThePiecesAre) {
  start();
  const std::string bytes = opening() + call(1, kEcho, "first") + call(3, kEcho, "second");
  for (const size_t piece : {size_t{1}, size_t{7}, bytes.size()}) {
    RawClient client(port_);
    for (size_t at = 0; at < bytes.size(); at += piece) ASSERT_TRUE(client.send(bytes.substr(at, piece)));
    EXPECT_TRUE(client.hears(message_prefix(5) + "first")) << piece;
    EXPECT_TRUE(client.hears(message_prefix(6) + "second")) << piece;
  }
  EXPECT_EQ(statuses(), std::vector<int>(6, 200));
}

TEST_F(RpcServerTest, APortThatIsTakenIsAnError) {
  start();
  ServerOptions options;
  options.port = port_;
  Server second(options, {});
  try {
    second.bind();
    FAIL() << "the port is shared";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find(std::to_string(port_)), std::string::npos) << error.what();
  }
}

TEST_F(RpcServerTest, WhoSaysNothingOrNoHttp2Goes) {
  ServerOptions options;
  options.request_seconds = 0.5;
  options.idle_seconds = 1;
  start(options);
  const auto begin = Clock::now();
  RawClient silent(port_), halfway(port_), greeted(port_), old(port_), noise(port_);
  halfway.send(opening().substr(0, 20));
  greeted.send(opening());
  old.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  noise.send(std::string(100, 'x'));
  EXPECT_TRUE(old.closed_within(5));
  EXPECT_TRUE(noise.closed_within(5));
  EXPECT_TRUE(silent.closed_within(5));
  EXPECT_TRUE(halfway.closed_within(5));
  EXPECT_LT(seconds_since(begin), 3);
  EXPECT_TRUE(greeted.closed_within(5)) << "without a call it is idle";
  EXPECT_TRUE(closes_all());
}

// Three hundred that send a byte now and then, in their prefaces, heads and messages: a good client does not
// notice, and none lives longer than the deadline.
TEST_F(RpcServerTest, SlowClientsDoNotKeepOthersWaiting) {
  ServerOptions options;
  options.request_seconds = 2;
  start(options);
  const std::string preface = opening();
  const std::string in_head = preface + frame(NGHTTP2_HEADERS, 0, 1, test::head_block(kEcho)) +
                              frame(NGHTTP2_CONTINUATION, 0, 1, std::string(200, '\0'));
  const std::string in_message =
      preface + head(1, kEcho) + frame(NGHTTP2_DATA, 0, 1, message_prefix(5000000) + std::string(1000, 'x'));
  std::vector<RawClient> slow;
  std::vector<size_t> sent;
  const auto begin = Clock::now();
  for (int i = 0; i < 300; ++i) {
    slow.emplace_back(port_);
    ASSERT_TRUE(slow.back().connected());
    // As far as the middle of what each is slow in.
    const std::string& whole = i % 3 == 0 ? preface : i % 3 == 1 ? in_head : in_message;
    sent.push_back(i % 3 == 0 ? 0 : whole.size() - 150);
    slow.back().send(whole.substr(0, sent.back()));
  }
  double longest = 0;
  std::vector<bool> alive(slow.size(), true);
  while (seconds_since(begin) < 6) {
    for (size_t i = 0; i < slow.size(); ++i) {
      const std::string& whole = i % 3 == 0 ? preface : i % 3 == 1 ? in_head : in_message;
      if (alive[i]) alive[i] = slow[i].send(whole.substr(sent[i]++ % whole.size(), 1), 0);
    }
    const auto asked = Clock::now();
    RawClient good(port_);
    good.send(opening() + call(1, kEcho, "good"));
    EXPECT_TRUE(good.hears("good", 5));
    longest = std::max(longest, seconds_since(asked));
    if (server_->connections() <= 1) break;
    // Time itself: they send a byte now and then.
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  EXPECT_LT(longest, 1);
  EXPECT_TRUE(closes_all(5)) << server_->connections() << " live after " << seconds_since(begin);
  EXPECT_LT(seconds_since(begin), 2 + 1 + 3)
      << "the deadline, the last moment to be heard, and a slow machine";
  EXPECT_EQ(server_->bytes(), 0U);
}

TEST_F(RpcServerTest, WithoutTokenNothingIsHeld) {
  ServerOptions options;
  options.token = "secret";
  start(options);
  const double before = resident_mb();
  std::vector<RawClient> clients;
  for (int i = 0; i < 128; ++i) clients.emplace_back(port_);
  // All that they may and more: heads of calls, and messages, beyond what HTTP/2's windows allow.
  const std::string data = frame(NGHTTP2_DATA, 0, 1, std::string(16384, 'x'));
  for (auto& client : clients) {
    client.send(opening() + head(1, kEcho) + frame(NGHTTP2_DATA, 0, 1, message_prefix(8 << 20)), 10);
  }
  for (int round = 0; round < 64; ++round) {
    for (auto& client : clients) client.send(data, 0);
  }
  for (uint32_t stream = 3; stream < 1003; stream += 2) {
    for (auto& client : clients) client.send(head(stream, kEcho), 0);
  }
  EXPECT_TRUE(eventually([this] { return answered_.size() >= 128; }));
  EXPECT_EQ(server_->bytes(), 0U);
  EXPECT_LT(resident_mb() - before, kSanitized ? 1000 : 30);
  for (const int status : statuses()) EXPECT_TRUE(status == 401 || status == 499) << status;
  RawClient good(port_);
  good.send(opening() + call(1, kEcho, "good", {{"authorization", "Bearer secret"}}) + call(3, kOpen, ""));
  EXPECT_TRUE(good.hears("good"));
}

TEST_F(RpcServerTest, MessagesTogetherAreBounded) {
  ServerOptions options;
  options.max_bytes_together = size_t{10} << 20;
  options.request_seconds = 3;
  start(options);
  const double before = resident_mb();
  std::vector<RawClient> clients;
  for (int i = 0; i < 16; ++i) clients.emplace_back(port_);
  for (auto& client : clients)
    client.send(opening() + head(1, kEcho) + frame(NGHTTP2_DATA, 0, 1, message_prefix(8 << 20)));
  const std::string data = frame(NGHTTP2_DATA, 0, 1, std::string(16384, 'x'));
  // Each a megabyte, as much as may be sent unasked.
  for (int round = 0; round < 60; ++round) {
    for (auto& client : clients) client.send(data);
  }
  EXPECT_TRUE(eventually([this] { return !answered_.empty(); }));
  EXPECT_LE(server_->bytes(), options.max_bytes_together);
  EXPECT_LT(resident_mb() - before, kSanitized ? 1000 : 40);
  const auto refused = statuses();
  EXPECT_EQ(refused[0], 503);
  EXPECT_TRUE(eventually([this] { return answered_.size() >= 16; }));
  clients.clear();
  EXPECT_TRUE(closes_all());
  EXPECT_EQ(server_->bytes(), 0U);
}

TEST_F(RpcServerTest, WhoGoesCancelsItsCall) {
  start();
  {
    RawClient client(port_);
    client.send(opening() + call(1, kHold, "x"));
    ASSERT_TRUE(eventually([this] { return held_.size() == 1; }));
    EXPECT_FALSE(*held_[0]->cancelled());
  }
  EXPECT_TRUE(eventually([this] { return !answered_.empty(); }));
  EXPECT_TRUE(*held_[0]->cancelled());
  EXPECT_EQ(statuses(), std::vector<int>{499});
  held_[0]->answer("late");  // Nobody hears it.
  // One stream of a connection, too.
  RawClient client(port_);
  client.send(opening() + call(1, kHold, "x") + call(3, kHold, "y"));
  ASSERT_TRUE(eventually([this] { return held_.size() == 3; }));
  client.send(frame(NGHTTP2_RST_STREAM, 0, 1, std::string("\0\0\0\x08", 4)));
  EXPECT_TRUE(eventually([this] { return answered_.size() == 2; }));
  EXPECT_NE(held_[1]->cancelled()->load(), held_[2]->cancelled()->load());
}

TEST_F(RpcServerTest, ACallWithoutAnswerEndsAndSoDoesOneThatThrows) {
  start();
  RawClient client(port_);
  client.send(opening() + call(1, kHold, "x"));
  ASSERT_TRUE(eventually([this] { return held_.size() == 1; }));
  held_.clear();
  EXPECT_TRUE(eventually([this] { return answered_.size() == 1; }));
  EXPECT_EQ(statuses(), std::vector<int>{500});
}

TEST_F(RpcServerTest, AnswersWhatItHasWhenItStops) {
  start();
  RawClient client(port_), idle(port_);
  idle.send(opening());
  client.send(opening() + call(1, kHold, "x"));
  ASSERT_TRUE(eventually([this] { return held_.size() == 1; }));
  std::thread stopping([this] { server_->stop(10); });
  EXPECT_TRUE(idle.closed_within(5));
  EXPECT_FALSE(RawClient(port_).connected());
  held_[0]->answer("at last");
  held_.clear();
  EXPECT_TRUE(client.closed_within(5));
  EXPECT_NE(client.got().find("at last"), std::string::npos);
  stopping.join();
  EXPECT_EQ(server_->connections(), 0);
}

TEST_F(RpcServerTest, EndsWithinItsGrace) {
  ServerOptions options;
  options.stopping_seconds = 0.2;
  start(options);
  RawClient held(port_), halfway(port_), silent(port_);
  held.send(opening() + call(1, kHold, "x"));
  halfway.send(opening() + head(1, kEcho) + frame(NGHTTP2_DATA, 0, 1, message_prefix(1000) + "x"));
  ASSERT_TRUE(eventually([this] { return held_.size() == 1; }));
  const auto begin = Clock::now();
  server_->stop(1);
  EXPECT_GT(seconds_since(begin), 0.5) << "what it has is given its time";
  EXPECT_LT(seconds_since(begin), 3);
  EXPECT_TRUE(*held_[0]->cancelled());
  server_->stop(5);
  server_->stop(0);
}

TEST_F(RpcServerTest, AShorterGraceCounts) {
  start();
  RawClient held(port_);
  held.send(opening() + call(1, kHold, "x"));
  ASSERT_TRUE(eventually([this] { return held_.size() == 1; }));
  const auto begin = Clock::now();
  std::thread patient([this] { server_->stop(60); });
  EXPECT_TRUE(test::wait_until([this] { return !RawClient(port_).connected(); })) << "it has begun to stop";
  server_->stop(0);
  patient.join();
  EXPECT_LT(seconds_since(begin), 5);
}

TEST_F(RpcServerTest, MakesRoomByClosingIdleConnections) {
  ServerOptions options;
  options.max_connections = 8;
  start(options);
  std::vector<RawClient> clients;
  for (int i = 0; i < 8; ++i) {
    clients.emplace_back(port_);
    clients.back().send(opening());
    EXPECT_FALSE(clients.back().closed_within(0.02));
  }
  RawClient ninth(port_);
  ninth.send(opening() + call(1, kEcho, "ninth"));
  EXPECT_TRUE(ninth.hears("ninth"));
  EXPECT_TRUE(clients[0].closed_within(1)) << "the one that has been idle for longest";
  EXPECT_FALSE(clients[7].closed_within(0.1));
}

TEST_F(RpcServerTest, WhatIsNoHttp2EndsTheConnectionAlone) {
  start();
  std::mt19937 random(7);
  const std::string good =
      opening() + call(1, kEcho, "text") + call(3, kOpen, "") + frame(NGHTTP2_PING, 0, 0, "12345678");
  for (int i = 0; i < 2000; ++i) {
    std::string bad = good;
    const int changes = 1 + static_cast<int>(random() % 4);
    for (int change = 0; change < changes; ++change) bad[random() % bad.size()] = static_cast<char>(random());
    if (random() % 3 == 0) bad.resize(random() % bad.size());
    RawClient client(port_);
    ASSERT_TRUE(client.connected()) << i;
    client.send(bad);
    if (i % 100 == 0) client.closed_within(0.05);
  }
  RawClient client(port_);
  client.send(opening() + call(1, kEcho, "still here"));
  EXPECT_TRUE(client.hears("still here"));
}

}  // namespace
}  // namespace focus::rpc
