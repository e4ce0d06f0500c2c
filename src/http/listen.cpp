#include "http/listen.h"

#include <sys/socket.h>

#include "base/address.h"
#include "base/error.h"

namespace focus::http {

using boost::asio::ip::tcp;

int listen_on(tcp::acceptor& acceptor, const std::string& host, int port) {
  const std::string where = host_and_port(host, port);
  if (port < 0 || port > 65535) fail("cannot listen on {}: ports are 0 to 65535", where);
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  const std::string bare = bracketed ? host.substr(1, host.size() - 2) : host;
  boost::system::error_code error;
  tcp::resolver resolver(acceptor.get_executor());
  const auto found = resolver.resolve(bare, std::to_string(port),
                                      tcp::resolver::passive | tcp::resolver::numeric_service, error);
  if (error) {
    fail("cannot listen on {}: '{}' is not an address or host name known on this machine ({})", where, bare,
         error.message());
  }
  for (const auto& entry : found) {
    acceptor.close(error);
    acceptor.open(entry.endpoint().protocol(), error);
    // Allows reusing a port while old connections to it end. A second listener is still refused.
    if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error) acceptor.bind(entry.endpoint(), error);
    if (!error) acceptor.listen(SOMAXCONN, error);
    if (!error) return acceptor.local_endpoint().port();
  }
  boost::system::error_code ignored;
  acceptor.close(ignored);
  fail("cannot listen on {}: {}; is the port in use, or reserved for root?", where, error.message());
}

}  // namespace focus::http
