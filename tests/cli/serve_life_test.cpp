// How `focus-detr serve` begins and ends.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <atomic>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <random>

#include "cli/background.h"
#include "cli/refused.h"
#include "cli/run_command.h"
#include "cli/tiny_model.h"
#include "http/client.h"
#include "images/test_images.h"
#include "support/rounds.h"
#include "support/temporary_folder.h"
#include "support/wait_until.h"

namespace focus::test {
namespace {

using HttpClient = http::test::Client;
using http::test::get;
using http::test::post;

constexpr double kGrace = 0.5, kMore = 20;  ///< Seconds; the second for a machine that does much else.

class ServeLife : public testing::Test {
 protected:
  void SetUp() override { write_tiny_model(model_); }

  std::vector<std::string> arguments(std::vector<std::string> more = {}, double grace = kGrace) const {
    std::vector<std::string> all{
        "serve", "--model", model_, "--port", "0", "--threads", "1", "--grace", std::to_string(grace)};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  std::filesystem::path out() const { return folder_.path() / "out"; }
  std::string log() const { return (folder_.path() / "log").string(); }
  std::string logged() const {
    std::ifstream file(log());
    return {std::istreambuf_iterator<char>(file), {}};
  }

  TemporaryFolder folder_;
  const std::string model_ = (folder_.path() / "tiny.safetensors").string();
  const std::string image_ = encoded(noise(48, 64));
};

/// A pipe for a log: open for reading, so that the server can open it, and never read.
class UnreadPipe {
 public:
  explicit UnreadPipe(std::string path) : path_(std::move(path)) {
    if (::mkfifo(path_.c_str(), 0600) == 0) reader_ = ::open(path_.c_str(), O_RDONLY | O_NONBLOCK);
    EXPECT_GE(reader_, 0) << path_;
  }
  ~UnreadPipe() { close(); }
  UnreadPipe(const UnreadPipe&) = delete;
  UnreadPipe& operator=(const UnreadPipe&) = delete;

  const std::string& path() const { return path_; }
  /// From here on nobody could read it.
  void close() {
    if (reader_ >= 0) ::close(reader_);
    reader_ = -1;
  }

 private:
  std::string path_;
  int reader_ = -1;
};

TEST_F(ServeLife, EndsOnSignalsAtAnyMoment) {
  const int times = rounds(6);
  std::mt19937 random(7);
  for (int i = 0; i < times; ++i) {
    Background server(arguments(), out(), log());
    // A third each before it listens, while it is asked, and while somebody is slow.
    const int when = i % 3;
    std::atomic<bool> over{false};
    std::thread client;
    std::optional<HttpClient> slow;
    if (when > 0) {
      const int port = server.port();
      ASSERT_GT(port, 0) << logged();
      if (when == 2) {
        slow.emplace(port);
        slow->send("POST /v1/detect HTTP/1.1\r\nHost: here\r\nContent-Length: 100\r\n\r\nabc");
      }
      client = std::thread([&, port] {
        while (!over) {
          HttpClient one(port);
          one.ask(post("/v1/detect?tiles=3", image_));
        }
      });
    }
    // Time itself: signals come at some moment, whatever happens then.
    std::this_thread::sleep_for(std::chrono::microseconds(random() % (when == 0 ? 400000 : 50000)));
    const int first = random() % 2 == 0 ? SIGTERM : SIGINT, second = random() % 2 == 0 ? SIGTERM : SIGINT;
    const bool twice = random() % 2 == 0;
    server.send(first);
    if (twice) {
      // Time itself, as above.
      std::this_thread::sleep_for(std::chrono::microseconds(random() % 3 * (random() % 20000)));
      server.send(second);
    }
    const auto code = server.code(kGrace + kMore);
    over = true;
    if (client.joinable()) client.join();
    ASSERT_TRUE(code) << "it goes on after signals " << first << " " << (twice ? second : 0) << ", round "
                      << i;
    const bool by_signal = *code == 128 + SIGTERM || *code == 128 + SIGINT;
    // One signal is only a wish once the program listens to them; two may end it, or come too late for that.
    EXPECT_TRUE(*code == 0 || (by_signal && (twice || when == 0)))
        << *code << " in round " << i << " after " << first << " " << (twice ? second : 0) << "\n"
        << server.output();
    if (when > 0 && *code == 0) {
      EXPECT_NE(server.output().find("stopped\n"), std::string::npos) << i;
    }
  }
}

TEST_F(ServeLife, ASecondSignalEndsItAtOnce) {
  Background server(arguments({"--timeout", "600"}, 600), out(), log());
  const int port = server.port();
  ASSERT_GT(port, 0) << logged();
  // Asked for much, so that the first signal has something to wait for.
  std::vector<HttpClient> clients;
  for (int i = 0; i < 8; ++i) {
    clients.emplace_back(port);
    clients.back().send(post("/v1/detect?tiles=8", image_));
  }
  server.send(SIGINT);
  server.send(SIGTERM);
  const auto code = server.code(kMore);
  ASSERT_TRUE(code);
  EXPECT_TRUE(*code == 128 + SIGTERM || *code == 128 + SIGINT) << *code;
}

TEST_F(ServeLife, ALogThatCannotBeWrittenKeepsNobodyWaiting) {
  if (!std::filesystem::exists("/dev/full")) GTEST_SKIP() << "skipped: no /dev/full here";
  Background server(arguments(), out(), "/dev/full");
  const int port = server.port();
  ASSERT_GT(port, 0);
  HttpClient client(port);
  for (int i = 0; i < 20; ++i) {
    const auto reply = client.ask(i % 2 == 0 ? post("/v1/detect", image_) : get("/nowhere"));
    ASSERT_TRUE(reply) << i;
    EXPECT_EQ(reply->status, i % 2 == 0 ? 200 : 404);
  }
  EXPECT_TRUE(http::test::wait_until([&] {
    const auto metrics = HttpClient(port).ask(get("/metrics"));
    return metrics && metrics->body.find("focus_detr_log_lines_lost 0\n") == std::string::npos;
  }));
  server.send(SIGTERM);
  EXPECT_EQ(server.code(kGrace + kMore), 0);
}

TEST_F(ServeLife, ALogThatNobodyReadsKeepsNobodyWaiting) {
  const UnreadPipe pipe((folder_.path() / "pipe").string());  // It takes 64 KiB, some 350 lines.
  Background server(arguments(), out(), pipe.path());
  const int port = server.port();
  ASSERT_GT(port, 0);
  HttpClient client(port);
  for (int i = 0; i < 600; ++i) {
    const auto reply = client.ask(get("/v2/health/live"));
    ASSERT_TRUE(reply) << i;
    ASSERT_EQ(reply->status, 200);
  }
  server.send(SIGTERM);
  EXPECT_EQ(server.code(kGrace + kMore), 0);
}

TEST_F(ServeLife, ALogWhoseReaderHasGoneKeepsNobodyWaiting) {
  UnreadPipe pipe((folder_.path() / "pipe").string());
  Background server(arguments(), out(), pipe.path());
  const int port = server.port();
  ASSERT_GT(port, 0);
  pipe.close();
  HttpClient client(port);
  for (int i = 0; i < 20; ++i) {
    const auto reply = client.ask(get("/nowhere"));
    ASSERT_TRUE(reply) << i;
    EXPECT_EQ(reply->status, 404);
  }
  server.send(SIGTERM);
  EXPECT_EQ(server.code(kGrace + kMore), 0);
}

TEST_F(ServeLife, APortIsNobodyElsesToo) {
  Background server(arguments(), out(), log());
  const int port = server.port();
  ASSERT_GT(port, 0) << logged();
  expect_refused(run("serve --model " + model_ + " --port " + std::to_string(port)), 1,
                 {"127.0.0.1:" + std::to_string(port), "in use"});
}

TEST_F(ServeLife, FewFilesAreFewConnections) {
  if (run_shell("command -v prlimit").code != 0) GTEST_SKIP() << "skipped: no prlimit here";
  const auto said = (folder_.path() / "said").string();
  const auto outcome = run_shell("prlimit --nofile=64:64 " + std::string(kCommand) + "serve --model " +
                                 model_ + " --port 0 --threads 1 --quiet > " + said + " & server=$!; " +
                                 shell_wait_until("grep -q serving " + said) +
                                 "; kill -TERM $server; wait $server; echo code $?");
  EXPECT_NE(outcome.output.find("24 connections at the same time, not 1024"), std::string::npos)
      << outcome.output;
  EXPECT_NE(outcome.output.find("code 0"), std::string::npos) << outcome.output;
}

TEST_F(ServeLife, ThreadsThatCannotBeMadeAreNamedBeforeItServes) {
  // The limit counts all threads of a user, and binds none who may do all.
  if (::geteuid() == 0 && run_shell("command -v setpriv prlimit").code != 0) {
    GTEST_SKIP() << "skipped: no setpriv or prlimit here";
  }
  const std::string as = ::geteuid() == 0 ? "setpriv --reuid 47471 --regid 47471 --clear-groups " : "";
  std::filesystem::permissions(folder_.path(), std::filesystem::perms::all);
  std::filesystem::permissions(model_, std::filesystem::perms::all);
  const auto with_threads = [&](int threads) {
    return run_shell("exec prlimit --nproc=" + std::to_string(threads) + " " + as + kCommand +
                     "serve --model " + model_ + " --port 0 --threads 1 --host 256.0.0.1 --quiet");
  };
  // Of far more than it needs, it comes as far as the address.
  const auto enough = with_threads(1000);
  if (enough.output.find("cannot listen") == std::string::npos) {
    GTEST_SKIP() << "skipped: no other user here: " << enough.output;
  }
  for (const int threads : {1, 2, 3, 5, 8, 11})
    expect_refused(with_threads(threads), 1, {"threads", "ulimit -u"});
}

}  // namespace
}  // namespace focus::test
