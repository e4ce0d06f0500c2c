// Where a server is reached.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <string>

namespace focus::http {

/// Listens with the system's longest queue, and returns the port.
/// @param host an address or a name, IPv6 with or without brackets
/// @param port 0: any that is free
/// Throws Error if that address cannot be had, or would be shared with others.
int listen_on(boost::asio::ip::tcp::acceptor& acceptor, const std::string& host, int port);

}  // namespace focus::http
