// A client that sends what it is told to, request or not.
#pragma once

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <optional>
#include <string>

namespace focus::test {

/// Sends bytes; what comes back until the server closes. Once something does, or nothing for `patience_ms`,
/// which is what a request that was cut waits for, says that there will be no more. A server that does not even close then
/// within a minute hangs: none.
inline std::optional<std::string> say(int port, const std::string& request, int patience_ms = 60000) {
  const int handle = socket(AF_INET, SOCK_STREAM, 0);
  const timeval minute{60, 0};
  setsockopt(handle, SOL_SOCKET, SO_RCVTIMEO, &minute, sizeof(minute));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  std::optional<std::string> answer;
  if (connect(handle, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0) {
    send(handle, request.data(), request.size(), MSG_NOSIGNAL);
    pollfd waiting{handle, POLLIN, 0};
    poll(&waiting, 1, patience_ms);
    shutdown(handle, SHUT_WR);  // Connections are kept: without this the server waits for another request.
    answer.emplace();
    char part[4096];
    ssize_t count = 0;
    while ((count = recv(handle, part, sizeof(part), 0)) > 0)
      answer->append(part, static_cast<size_t>(count));
    // A connection that is reset had bytes on it that nobody read.
    if (count < 0 && errno != ECONNRESET) answer.reset();
  }
  close(handle);
  return answer;
}

}  // namespace focus::test
