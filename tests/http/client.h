// A client that sends what it is told to, request or not, and a server to send it to.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "http/server.h"
#include "support/wait_until.h"

namespace focus::http::test {

/// Longer than anything here takes; only a test that fails waits for it.
inline constexpr int kPatienceSeconds = 20;

struct Reply {
  int status = 0;
  std::map<std::string, std::string> fields;  ///< names in lower case; of several the last
  std::string body;

  std::string field(const std::string& name) const {
    const auto found = fields.find(name);
    return found == fields.end() ? "" : found->second;
  }
};

class Client {
 public:
  /// @param receive_buffer of the kernel, for a client that is slow to read; 0: its own choice
  explicit Client(int port, int receive_buffer = 0) : handle_(socket(AF_INET, SOCK_STREAM, 0)) {
    const timeval patience{kPatienceSeconds, 0};
    setsockopt(handle_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    setsockopt(handle_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
    if (receive_buffer > 0)
      setsockopt(handle_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof(receive_buffer));
    const int yes = 1;
    setsockopt(handle_, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
    if (port > 0) connect(port);
  }
  Client(Client&& other) noexcept
      : handle_(std::exchange(other.handle_, -1)), seen_(std::move(other.seen_)) {}
  Client& operator=(Client&&) = delete;
  ~Client() { close(); }

  bool connect(int port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return ::connect(handle_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
  }
  int handle() const { return handle_; }

  /// False if the server has gone, or takes no more for a long time.
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto count = ::send(handle_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (count <= 0) return false;
      bytes.remove_prefix(static_cast<size_t>(count));
    }
    return true;
  }
  bool send_slowly(std::string_view bytes) {
    for (const char& byte : bytes) {
      if (!send({&byte, 1})) return false;
    }
    return true;
  }
  void end_sending() { shutdown(handle_, SHUT_WR); }
  void close() {
    if (handle_ >= 0) ::close(std::exchange(handle_, -1));
  }
  /// Goes without saying so.
  void reset() {
    const linger hard{1, 0};
    setsockopt(handle_, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
    close();
  }

  /// The next response; none if there is no whole one. Skips 100 Continue unless it is asked for.
  std::optional<Reply> read(bool without_body = false, bool with_continue = false) {
    while (true) {
      size_t end = 0;
      while ((end = seen_.find("\r\n\r\n")) == std::string::npos) {
        if (!receive()) return std::nullopt;
      }
      Reply reply;
      const std::string head = seen_.substr(0, end + 2);
      seen_.erase(0, end + 4);
      if (head.compare(0, 9, "HTTP/1.1 ") != 0) return std::nullopt;
      reply.status = std::stoi(head.substr(9, 3));
      for (size_t at = head.find("\r\n") + 2; at < head.size();) {
        const size_t line_end = head.find("\r\n", at);
        const size_t colon = head.find(": ", at);
        std::string name = head.substr(at, colon - at);
        std::transform(name.begin(), name.end(), name.begin(),
                       [](unsigned char c) { return std::tolower(c); });
        reply.fields[name] = head.substr(colon + 2, line_end - colon - 2);
        at = line_end + 2;
      }
      if (reply.status == 100 && !with_continue) continue;
      const auto length = reply.fields.find("content-length");
      if (without_body || length == reply.fields.end()) return reply;
      const size_t size = std::stoul(length->second);
      while (seen_.size() < size) {
        if (!receive()) return std::nullopt;
      }
      reply.body = seen_.substr(0, size);
      seen_.erase(0, size);
      return reply;
    }
  }
  std::optional<Reply> ask(std::string_view request, bool without_body = false) {
    send(request);
    return read(without_body);
  }

  /// True once the server has closed; false if it keeps the connection for a long time, or sends more.
  bool is_closed() {
    if (!seen_.empty()) return false;
    return !receive() && !timed_out_ && seen_.empty();
  }
  /// What comes until the server closes.
  std::string read_all() {
    while (receive()) {
    }
    return std::exchange(seen_, {});
  }
  bool was_reset() const { return was_reset_; }
  bool timed_out() const { return timed_out_; }

 private:
  bool receive() {
    char part[16384];
    const auto count = recv(handle_, part, sizeof(part), 0);
    if (count > 0) seen_.append(part, static_cast<size_t>(count));
    if (count < 0) (errno == EAGAIN || errno == EWOULDBLOCK ? timed_out_ : was_reset_) = true;
    return count > 0;
  }

  int handle_;
  std::string seen_;
  bool was_reset_ = false, timed_out_ = false;
};

inline double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

using focus::test::wait_until;

/// Opens once, for all who wait.
class Gate {
 public:
  void open() {
    const std::lock_guard lock(mutex_);
    is_open_ = true;
    changed_.notify_all();
  }
  bool wait() {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(kPatienceSeconds), [&] { return is_open_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool is_open_ = false;
};

inline Response text(std::string body, int status = 200) {
  Response response;
  response.status = status;
  response.type = "text/plain";
  response.body = std::move(body);
  return response;
}

/// GET /live at once, for everybody; GET /name/{name}; POST /echo, /echo-at-once: the body as it came.
inline Router sample_router() {
  Router router;
  const auto echo = [](const ExchangePointer& exchange) {
    auto response = text(exchange->take_body());
    response.headers.add("X-Sent", std::to_string(exchange->request().sent_bytes));
    exchange->answer(std::move(response));
  };
  router.add({"GET", "/live", "/live",
              [](const ExchangePointer& exchange) { exchange->answer(text("alive")); }, Runs::kAtOnce,
              Access::kEverybody});
  router.add({"GET", "/name/{name}", "/name", [](const ExchangePointer& exchange) {
                exchange->answer(text(exchange->request().head.captured.at("name")));
              }});
  router.add({"POST", "/echo", "/echo", echo});
  router.add({"POST", "/echo-at-once", "/echo-at-once", echo, Runs::kAtOnce});
  return router;
}

/// A server in a thread of its own, which is stopped at once in the end.
class Running {
 public:
  explicit Running(ServerOptions options = {}, Router router = sample_router(),
                   std::function<void()> tick = nullptr)
      : server(
            [&] {
              options.port = 0;
              return options;
            }(),
            std::move(router),
            [this](const Answered& answered) {
              const std::lock_guard lock(mutex_);
              answered_.push_back(answered);
            }),
        port(server.bind()),
        thread_([this, tick = std::move(tick)] {
          server.run(tick);
          ended_ = Clock::now();
          has_ended = true;
        }) {}
  ~Running() { stop(0); }

  void stop(double grace_seconds) {
    server.stop(grace_seconds);
    join();
  }
  void join() {
    if (thread_.joinable()) thread_.join();
  }
  Clock::time_point ended() const { return ended_; }

  std::vector<Answered> answered() {
    const std::lock_guard lock(mutex_);
    return answered_;
  }
  /// The one request that was answered, once it was.
  Answered only_answered() {
    EXPECT_TRUE(wait_until([&] { return answered().size() == 1; })) << answered().size();
    return answered().empty() ? Answered() : answered().front();
  }

 private:
  std::mutex mutex_;
  std::vector<Answered> answered_;

 public:
  Server server;
  const int port;
  std::atomic<bool> has_ended{false};

 private:
  Clock::time_point ended_;
  std::thread thread_;
};

inline std::string get(const std::string& path, const std::string& more = "") {
  return "GET " + path + " HTTP/1.1\r\nHost: here\r\n" + more + "\r\n";
}
inline std::string post(const std::string& path, const std::string& body, const std::string& more = "") {
  return "POST " + path + " HTTP/1.1\r\nHost: here\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n" + more + "\r\n" + body;
}

}  // namespace focus::http::test
