// Servers of a test, on 127.0.0.1: each connection is given to a function that answers it.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "support/wait_until.h"

namespace focus::test {

/// One client.
class Client {
 public:
  Client(int descriptor, const std::atomic<bool>& leaving) : descriptor_(descriptor), leaving_(leaving) {}
  ~Client() { ::close(descriptor_); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  bool send(const std::string& bytes) const {
    for (size_t sent = 0; sent < bytes.size();) {
      const auto now = ::send(descriptor_, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
      if (now <= 0 || leaving_) return false;
      sent += static_cast<size_t>(now);
    }
    return true;
  }

  /// What the client says up to an empty line; empty when it is gone.
  std::string request() {
    size_t end = std::string::npos;
    while ((end = said_.find("\r\n\r\n")) == std::string::npos) {
      if (!wait(0.05)) {
        if (leaving_) return {};
        continue;
      }
      char bytes[4096];
      const auto count = ::recv(descriptor_, bytes, sizeof bytes, 0);
      if (count <= 0) return {};
      said_.append(bytes, static_cast<size_t>(count));
    }
    const std::string request = said_.substr(0, end + 4);
    said_.erase(0, end + 4);
    return request;
  }

  /// Says nothing for a while, or until the test ends.
  void pause(double seconds) const {
    wait_until([this] { return leaving_.load(); }, seconds);
  }

 private:
  bool wait(double seconds) const {
    pollfd asked{descriptor_, POLLIN, 0};
    return ::poll(&asked, 1, static_cast<int>(1000 * seconds)) > 0;
  }

  int descriptor_;
  const std::atomic<bool>& leaving_;
  std::string said_;
};

class StreamServer {
 public:
  /// @param answer called for each connection, in a thread of its own, with its number from 0
  explicit StreamServer(std::function<void(Client&, int)> answer) : answer_(std::move(answer)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    if (listener_ < 0 || ::bind(listener_, reinterpret_cast<sockaddr*>(&address), length) != 0 ||
        ::listen(listener_, 8) != 0 ||
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &length) != 0) {
      throw std::runtime_error("the test's server cannot listen");
    }
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { accept_all(); });
  }

  ~StreamServer() { stop(); }
  StreamServer(const StreamServer&) = delete;
  StreamServer& operator=(const StreamServer&) = delete;

  void stop() {
    if (leaving_.exchange(true)) return;
    thread_.join();
    for (auto& client : clients_) client.join();
    ::close(listener_);
  }

  std::string address(const std::string& scheme, const std::string& path) const {
    return scheme + "://127.0.0.1:" + std::to_string(port_) + path;
  }
  int connections() const { return connections_; }

 private:
  void accept_all() {
    while (!leaving_) {
      pollfd asked{listener_, POLLIN, 0};
      if (::poll(&asked, 1, 20) <= 0) continue;
      const int descriptor = ::accept(listener_, nullptr, nullptr);
      if (descriptor < 0) continue;
      clients_.emplace_back([this, descriptor, number = connections_++] {
        Client client(descriptor, leaving_);
        answer_(client, number);
      });
    }
  }

  std::function<void(Client&, int)> answer_;
  int listener_ = -1;
  int port_ = 0;
  std::atomic<bool> leaving_{false};
  std::atomic<int> connections_{0};
  std::thread thread_;
  std::vector<std::thread> clients_;
};

/// The path a request of HTTP or RTSP is for.
inline std::string path_in(const std::string& request) {
  const size_t begin = request.find(' ');
  if (begin == std::string::npos) return {};
  return request.substr(begin + 1, request.find(' ', begin + 1) - begin - 1);
}

/// An answer of HTTP with a length.
inline std::string http_answer(const std::string& body, const std::string& type) {
  return "HTTP/1.1 200 OK\r\nContent-Type: " + type + "\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\nConnection: close\r\n\r\n" + body;
}

/// One frame of what network cameras send over HTTP.
inline std::string jpeg_part(const std::string& jpeg) {
  return "--frame\r\nContent-Type: image/jpeg\r\nContent-Length: " + std::to_string(jpeg.size()) +
         "\r\n\r\n" + jpeg + "\r\n";
}
inline const char* const kJpegStream =
    "HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=frame\r\nConnection: close\r\n\r\n";

}  // namespace focus::test
