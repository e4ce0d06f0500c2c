// Addresses on the network as people and programs read them.
#pragma once

#include <string>

namespace focus {

/// "127.0.0.1:8080", "[::1]:8080": as it stands in a URL.
inline std::string host_and_port(const std::string& host, int port) {
  // Only addresses of IPv6 have colons, which would be taken for the port's.
  const bool bare = host.find(':') != std::string::npos && host.front() != '[';
  return (bare ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

}  // namespace focus
