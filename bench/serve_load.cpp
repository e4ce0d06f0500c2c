// Load for `focus-detr serve`: asks at a fixed rate, whatever the server makes of it, and tells what came
// back. scripts/load-test runs it.
#include <httplib.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <chrono>
#include <nlohmann/json.hpp>
#include <thread>

#include "base/error.h"
#include "base/files.h"

namespace {

using Clock = std::chrono::steady_clock;

struct Arguments {
  std::string host = "127.0.0.1";
  int port = 8080;
  std::string picture;
  double rate = 10, seconds = 60;
  int connections = 64;
};

/// What one connection after the other has seen; merged at the end.
struct Seen {
  std::vector<double> answered_ms, refused_ms;  ///< 200; 503
  int64_t other = 0;                            ///< any other status
  int64_t unconnected = 0;                      ///< nobody listened
  int64_t lost = 0;                             ///< sent, and never answered

  void add(const Seen& more) {
    answered_ms.insert(answered_ms.end(), more.answered_ms.begin(), more.answered_ms.end());
    refused_ms.insert(refused_ms.end(), more.refused_ms.begin(), more.refused_ms.end());
    other += more.other;
    unconnected += more.unconnected;
    lost += more.lost;
  }
};

void ask(const Arguments& arguments, const std::string& body, Seen& seen) {
  httplib::Client client(arguments.host, arguments.port);
  client.set_read_timeout(120);
  const auto start = Clock::now();
  const auto answer = client.Post("/v1/detect", body, "application/octet-stream");
  const double ms = std::chrono::duration<double, std::milli>(Clock::now() - start).count();
  if (!answer) {
    ++(answer.error() == httplib::Error::Connection ? seen.unconnected : seen.lost);
  } else if (answer->status == 200) {
    seen.answered_ms.push_back(ms);
  } else if (answer->status == 503) {
    seen.refused_ms.push_back(ms);
  } else {
    ++seen.other;
  }
}

nlohmann::json quantiles(std::vector<double> values) {
  if (values.empty()) return nullptr;
  std::sort(values.begin(), values.end());
  const auto at = [&](double share) {
    return values[static_cast<size_t>(share * static_cast<double>(values.size() - 1))];
  };
  return {{"p50", at(0.5)}, {"p90", at(0.9)}, {"p99", at(0.99)}, {"max", values.back()}};
}

void run(const Arguments& arguments) {
  constexpr size_t kMostBytes = size_t{64} << 20;
  const auto body = focus::read_file(arguments.picture, kMostBytes);
  const auto planned = static_cast<int64_t>(arguments.rate * arguments.seconds);
  std::atomic<int64_t> next{0};
  std::vector<Seen> seen(static_cast<size_t>(arguments.connections));
  std::vector<std::thread> threads;
  const auto start = Clock::now();
  for (auto& own : seen) {
    threads.emplace_back([&] {
      for (int64_t i = next++; i < planned; i = next++) {
        std::this_thread::sleep_until(
            start + std::chrono::duration_cast<Clock::duration>(
                        std::chrono::duration<double>(static_cast<double>(i) / arguments.rate)));
        ask(arguments, body, own);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  const double elapsed = std::chrono::duration<double>(Clock::now() - start).count();
  Seen all;
  for (const auto& own : seen) all.add(own);
  const nlohmann::json summary = {
      {"asked", planned},
      {"seconds", elapsed},
      {"answered", all.answered_ms.size()},
      {"answered_per_second", static_cast<double>(all.answered_ms.size()) / elapsed},
      {"answered_ms", quantiles(all.answered_ms)},
      {"refused_503", all.refused_ms.size()},
      {"refused_503_ms", quantiles(all.refused_ms)},
      {"other_status", all.other},
      {"unconnected", all.unconnected},
      {"lost", all.lost}};
  fmt::print("{}\n", summary.dump(2));
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Load for focus-detr serve"};
  Arguments arguments;
  app.add_option("--host", arguments.host)->capture_default_str();
  app.add_option("--port", arguments.port)->required();
  app.add_option("--picture", arguments.picture, "What is sent each time.")->required();
  app.add_option("--rate", arguments.rate, "Requests a second.")->check(CLI::PositiveNumber);
  app.add_option("--seconds", arguments.seconds)->check(CLI::PositiveNumber);
  app.add_option("--connections", arguments.connections, "Most at a time.")->check(CLI::Range(1, 4096));
  CLI11_PARSE(app, argc, argv);
  try {
    run(arguments);
  } catch (const std::exception& error) {
    fmt::print(stderr, "error: {}\n", error.what());
    return 1;
  }
  return 0;
}
