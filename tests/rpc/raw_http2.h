// A client of HTTP/2 that sends what it is told to, in whatever pieces and order.
#pragma once

#include <arpa/inet.h>
#include <nghttp2/nghttp2.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

namespace focus::test {

using RawFields = std::vector<std::pair<std::string, std::string>>;

inline std::string frame(uint8_t type, uint8_t flags, uint32_t stream, const std::string& payload) {
  std::string bytes;
  for (const int shift : {16, 8, 0}) bytes += static_cast<char>(payload.size() >> shift);
  bytes += static_cast<char>(type);
  bytes += static_cast<char>(flags);
  for (const int shift : {24, 16, 8, 0}) bytes += static_cast<char>(stream >> shift);
  return bytes + payload;
}

/// A client's preface, and settings that change nothing.
inline std::string opening() {
  return "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(NGHTTP2_SETTINGS, 0, 0, "");
}

/// The block of a call's head. Each is made by itself, so that any may be sent.
inline std::string head_block(const std::string& path, const RawFields& more = {}) {
  RawFields fields{{":method", "POST"}, {":scheme", "http"}, {":path", path},
                   {":authority", "x"}, {"te", "trailers"},  {"content-type", "application/grpc"}};
  for (const auto& [name, value] : more) {
    bool known = false;
    for (auto& field : fields) {
      if (field.first == name) {
        field.second = value;
        known = true;
      }
    }
    if (!known) fields.emplace_back(name, value);
  }
  std::vector<nghttp2_nv> list;
  for (auto& [name, value] : fields) {
    list.push_back({reinterpret_cast<uint8_t*>(name.data()), reinterpret_cast<uint8_t*>(value.data()),
                    name.size(), value.size(), NGHTTP2_NV_FLAG_NO_INDEX});
  }
  nghttp2_hd_deflater* deflater = nullptr;
  nghttp2_hd_deflate_new(&deflater, 0);
  std::string block(nghttp2_hd_deflate_bound(deflater, list.data(), list.size()), '\0');
  const auto size = nghttp2_hd_deflate_hd(deflater, reinterpret_cast<uint8_t*>(block.data()), block.size(),
                                          list.data(), list.size());
  block.resize(static_cast<size_t>(size));
  nghttp2_hd_deflate_del(deflater);
  return block;
}

inline std::string head(uint32_t stream, const std::string& path, const RawFields& more = {},
                        bool end = false) {
  return frame(NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS | (end ? NGHTTP2_FLAG_END_STREAM : 0), stream,
               head_block(path, more));
}

/// As a message's bytes come: its prefix says how many there will be.
inline std::string message_prefix(uint32_t size) {
  std::string bytes(1, '\0');
  for (const int shift : {24, 16, 8, 0}) bytes += static_cast<char>(size >> shift);
  return bytes;
}

class RawClient {
 public:
  explicit RawClient(int port) : handle_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = connect(handle_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
  }
  RawClient(RawClient&& other) noexcept
      : handle_(std::exchange(other.handle_, -1)),
        connected_(other.connected_),
        got_(std::move(other.got_)) {}
  RawClient& operator=(RawClient&&) = delete;
  ~RawClient() {
    if (handle_ >= 0) close(handle_);
  }

  bool connected() const { return connected_; }
  /// False once the server has closed. Waits at most that long for it to take the bytes.
  bool send(const std::string& bytes, int patience_ms = 1000) {
    size_t sent = 0;
    while (sent < bytes.size()) {
      pollfd ready{handle_, POLLOUT, 0};
      if (poll(&ready, 1, patience_ms) <= 0) return false;
      const auto count =
          ::send(handle_, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
      if (count <= 0) return false;
      sent += static_cast<size_t>(count);
    }
    return true;
  }
  /// Reads what comes; true once the server has closed, false if it has not within that time.
  bool closed_within(double seconds) { return read_until(seconds, {}) == End::kClosed; }
  /// Reads until that has come; false if it has not within that time.
  bool hears(const std::string& text, double seconds = 10) {
    return read_until(seconds, text) == End::kHeard;
  }
  const std::string& got() const { return got_; }

 private:
  enum class End { kClosed, kHeard, kLate };

  End read_until(double seconds, const std::string& text) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
    while (text.empty() || got_.find(text) == std::string::npos) {
      const auto left =
          std::chrono::duration_cast<std::chrono::milliseconds>(end - std::chrono::steady_clock::now())
              .count();
      if (left <= 0) return End::kLate;
      pollfd ready{handle_, POLLIN, 0};
      if (poll(&ready, 1, static_cast<int>(left)) <= 0) return End::kLate;
      char part[4096];
      const auto count = recv(handle_, part, sizeof(part), 0);
      if (count <= 0) return End::kClosed;
      got_.append(part, static_cast<size_t>(count));
    }
    return End::kHeard;
  }

  int handle_;
  bool connected_ = false;
  std::string got_;
};

}  // namespace focus::test
