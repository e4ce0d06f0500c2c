#include "http/server.h"

#include <boost/system/system_error.hpp>

#include "base/error.h"
#include "http/engine.h"

namespace focus::http {

/// Holds the engine, so that server.h does not include Asio.
class Server::Impl {
 public:
  Impl(ServerOptions options, Router router, std::function<void(const Answered&)> answered)
      : engine(std::move(options), std::move(router), std::move(answered)) {}

  Engine engine;
};

namespace {

/// Runs `work`; an exception of Asio becomes an Error.
template <typename Work>
auto with_plain_errors(Work&& work) {
  try {
    return work();
  } catch (const boost::system::system_error& error) {
    fail("the HTTP server cannot start: {}", error.what());
  }
}

}  // namespace

Server::Server(ServerOptions options, Router router, std::function<void(const Answered&)> answered)
    : impl_(with_plain_errors([&] {
        return std::make_unique<Impl>(std::move(options), std::move(router), std::move(answered));
      })) {}
Server::~Server() = default;

int Server::bind() {
  return with_plain_errors([&] { return impl_->engine.bind(); });
}

void Server::run(const std::function<void()>& tick) {
  with_plain_errors([&] { impl_->engine.run(tick); });
}

void Server::stop(double grace_seconds) { impl_->engine.stop(grace_seconds); }

int Server::connections() const { return impl_->engine.connections(); }

}  // namespace focus::http
