// Network addresses as text.
#pragma once

#include <string>

namespace focus {

/// "127.0.0.1:8080", "[::1]:8080": as written in a URL.
inline std::string host_and_port(const std::string& host, int port) {
  // Only IPv6 addresses contain colons; brackets tell them from the port's.
  const bool bare = host.find(':') != std::string::npos && host.front() != '[';
  return (bare ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

}  // namespace focus
