// Listening on an address.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <string>

namespace focus::http {

/// Listens with the longest queue the system allows, and returns the port.
/// @param host an address or a name, IPv6 with or without brackets
/// @param port 0: any free port
/// Throws Error if the address is not available, or another process listens on it.
int listen_on(boost::asio::ip::tcp::acceptor& acceptor, const std::string& host, int port);

}  // namespace focus::http
