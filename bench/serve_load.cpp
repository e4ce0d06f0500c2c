// Load for `focus-detr serve`. Asks at a fixed rate, whatever the server makes of it, or as fast as it
// answers, on connections that are kept or each for one request, and tells what came back. scripts/load-test
// runs it.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <chrono>
#include <nlohmann/json.hpp>
#include <optional>
#include <thread>

#include "base/error.h"
#include "base/files.h"

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using Clock = std::chrono::steady_clock;
using Request = beast::http::request<beast::http::string_body>;

struct Arguments {
  std::string host = "127.0.0.1", path = "/v1/detect", body;
  int port = 8080;
  double rate = 0, seconds = 60;
  int connections = 64;
  bool keep_alive = false;
  int expected = 200;
};

/// What one client has seen; merged at the end.
struct Seen {
  std::vector<double> answered_ms, refused_ms;  ///< the status expected; 503
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

/// One request after the other, on one connection or on one each.
class Client {
 public:
  Client(const Arguments& arguments, const Request& request)
      : arguments_(arguments),
        request_(request),
        address_(asio::ip::make_address(arguments.host), static_cast<uint16_t>(arguments.port)) {}

  void ask(Seen& seen) {
    const auto start = Clock::now();
    // A connection that was kept may have been closed meanwhile: that is no answer lost.
    const bool kept = socket_.has_value();
    auto status = try_to_ask(seen);
    if (!status && kept) status = try_to_ask(seen);
    const double ms = std::chrono::duration<double, std::milli>(Clock::now() - start).count();
    if (!status) return;
    if (*status == arguments_.expected) {
      seen.answered_ms.push_back(ms);
    } else if (*status == 503) {
      seen.refused_ms.push_back(ms);
    } else {
      ++seen.other;
    }
  }

 private:
  std::optional<int> try_to_ask(Seen& seen) {
    beast::error_code error;
    const bool kept = socket_.has_value();
    if (!kept) {
      socket_.emplace(context_);
      socket_->connect(address_, error);
      if (error) {
        socket_.reset();
        ++seen.unconnected;
        return std::nullopt;
      }
      socket_->set_option(asio::ip::tcp::no_delay(true));
    }
    beast::http::response<beast::http::string_body> response;
    beast::http::write(*socket_, request_, error);
    // A server that refuses may answer before all was sent.
    beast::error_code read_error;
    beast::http::read(*socket_, buffer_, response, read_error);
    if (read_error) {
      close();
      if (!kept) ++seen.lost;
      return std::nullopt;
    }
    if (!arguments_.keep_alive || error || !response.keep_alive()) close();
    return static_cast<int>(response.result_int());
  }

  void close() {
    socket_.reset();
    buffer_.clear();
  }

  const Arguments& arguments_;
  const Request& request_;
  asio::ip::tcp::endpoint address_;
  asio::io_context context_;
  std::optional<asio::ip::tcp::socket> socket_;
  beast::flat_buffer buffer_;
};

nlohmann::json quantiles(std::vector<double> values) {
  if (values.empty()) return nullptr;
  std::sort(values.begin(), values.end());
  const auto at = [&](double fraction) {
    return values[static_cast<size_t>(fraction * static_cast<double>(values.size() - 1))];
  };
  return {{"p50", at(0.5)}, {"p90", at(0.9)}, {"p99", at(0.99)}, {"max", values.back()}};
}

Request request_of(const Arguments& arguments) {
  constexpr size_t kMostBytes = size_t{64} << 20;
  const bool post = !arguments.body.empty();
  Request request{post ? beast::http::verb::post : beast::http::verb::get, arguments.path, 11};
  request.set(beast::http::field::host, arguments.host);
  request.keep_alive(arguments.keep_alive);
  if (post) {
    request.set(beast::http::field::content_type, "application/octet-stream");
    request.body() = focus::read_file(arguments.body, kMostBytes);
  }
  request.prepare_payload();
  return request;
}

void run(const Arguments& arguments) {
  const auto request = request_of(arguments);
  std::atomic<int64_t> next{0};
  std::vector<Seen> seen(static_cast<size_t>(arguments.connections));
  std::vector<std::thread> threads;
  const auto start = Clock::now();
  const auto after = [&](double seconds) {
    return start + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
  };
  const auto end = after(arguments.seconds);
  for (auto& own : seen) {
    threads.emplace_back([&] {
      Client client(arguments, request);
      if (arguments.rate == 0) {
        for (; Clock::now() < end; ++next) client.ask(own);
        return;
      }
      const auto planned = static_cast<int64_t>(arguments.rate * arguments.seconds);
      for (int64_t i = next++; i < planned; i = next++) {
        std::this_thread::sleep_until(after(static_cast<double>(i) / arguments.rate));
        client.ask(own);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  const double elapsed = std::chrono::duration<double>(Clock::now() - start).count();
  Seen all;
  for (const auto& own : seen) all.add(own);
  const auto asked =
      arguments.rate == 0 ? next.load() : static_cast<int64_t>(arguments.rate * arguments.seconds);
  const nlohmann::json summary = {
      {"asked", asked},
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
  app.add_option("--host", arguments.host, "An address, not a name.")->capture_default_str();
  app.add_option("--port", arguments.port)->required();
  app.add_option("--path", arguments.path)->capture_default_str();
  app.add_option("--body", arguments.body, "File that is sent each time; none: GET.");
  app.add_option("--rate", arguments.rate, "Requests a second; 0: as fast as they are answered.")
      ->check(CLI::NonNegativeNumber);
  app.add_option("--seconds", arguments.seconds)->check(CLI::PositiveNumber);
  app.add_option("--connections", arguments.connections, "Most at a time.")->check(CLI::Range(1, 4096));
  app.add_flag("--keep-alive", arguments.keep_alive, "Keep connections; else each is for one request.");
  app.add_option("--expect", arguments.expected, "The status that counts as answered.")
      ->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  try {
    run(arguments);
  } catch (const std::exception& error) {
    fmt::print(stderr, "error: {}\n", error.what());
    return 1;
  }
  return 0;
}
