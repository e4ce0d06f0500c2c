#include "rpc/server.h"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <condition_variable>
#include <mutex>
#include <set>
#include <system_error>
#include <thread>
#include <utility>

#include "base/error.h"
#include "http/listen.h"
#include "rpc/connection.h"

namespace focus::rpc {
namespace {

using boost::asio::ip::tcp;
using boost::system::error_code;

/// How often connections are checked for deadlines.
constexpr auto kLook = std::chrono::milliseconds(50);
/// How long to wait before accepting again when file handles or memory ran out.
constexpr auto kBreath = std::chrono::milliseconds(100);

}  // namespace

class Server::Impl {
 public:
  Impl(ServerOptions options, std::vector<Method> methods,
       std::function<void(const http::Answered&)> answered)
      : host_(std::make_shared<Host>()), acceptor_(*host_->io), look_(*host_->io), breath_(*host_->io) {
    for (auto& method : methods) {
      const auto path = method.path;
      host_->methods.emplace(path, std::move(method));
    }
    host_->budget = std::make_shared<http::ByteBudget>(options.max_bytes_together);
    host_->options = std::move(options);
    host_->answered = std::move(answered);
  }

  ~Impl() {
    stop(0);
    host_->workers.stop();
    if (thread_.joinable()) thread_.join();
    // Pending handlers hold connections, which hold the io_context: run them, or neither is freed.
    for (const auto& connection : connections_) connection->close();
    connections_.clear();
    host_->io->restart();
    host_->io->poll();
  }

  int bind() {
    const auto& options = host_->options;
    return http::listen_on(acceptor_, options.host, options.port);
  }

  void start() {
    host_->workers.start(host_->options.workers);
    try {
      thread_ = std::thread([this] {
        run();
        const std::lock_guard lock(mutex_);
        ended_ = true;
        has_ended_.notify_all();
      });
    } catch (const std::system_error& error) {
      host_->workers.stop();
      fail("cannot start the thread of gRPC connections: {}; allow more threads (ulimit -u)",
           error.code().message());
    }
    {
      const std::lock_guard lock(mutex_);
      started_ = true;
    }
    boost::asio::post(*host_->io, [this] { accept(); });
  }

  void stop(double grace_seconds) {
    const auto until = Clock::now() + http::seconds_of(grace_seconds);
    std::unique_lock lock(mutex_);
    end_at_ = stop_asked_ ? std::min(end_at_, until) : until;
    stop_asked_ = true;
    if (!started_ || ended_) return;
    boost::asio::post(*host_->io, [this] { begin_stop(); });
    has_ended_.wait(lock, [this] { return ended_; });
  }

  int connections() const { return host_->connections; }
  size_t bytes() const { return host_->budget->used(); }

 private:
  /// An exception for lack of memory must not end the other connections.
  void run() {
    const auto guard = boost::asio::make_work_guard(*host_->io);
    while (!host_->io->stopped()) {
      try {
        host_->io->run();
      } catch (...) {
      }
    }
  }

  void accept() {
    if (host_->stopping) return;
    acceptor_.async_accept([this](const error_code& error, tcp::socket socket) {
      if (host_->stopping) return;
      if (error == boost::asio::error::no_descriptors ||
          error == boost::system::errc::too_many_files_open_in_system ||
          error == boost::asio::error::no_memory || error == boost::asio::error::no_buffer_space) {
        close_an_idle_one();
        breath_.expires_after(kBreath);
        breath_.async_wait([this](const error_code&) { accept(); });
        return;
      }
      try {
        if (!error) welcome(std::move(socket));
      } catch (...) {  // The destructor has closed the socket.
      }
      accept();
    });
  }

  void welcome(tcp::socket socket) {
    if (host_->connections >= host_->options.max_connections && !close_an_idle_one()) return;
    auto connection = std::make_shared<Connection>(host_, std::move(socket));
    connections_.insert(connection);
    connection->start();
    if (connections_.size() == 1) look_again();
  }

  /// Closes the connection that has been idle longest; false if none is idle.
  bool close_an_idle_one() {
    ConnectionPointer idle;
    for (const auto& connection : connections_) {
      if (connection->is_closed() || !connection->is_idle()) continue;
      if (!idle || connection->idle_since() < idle->idle_since()) idle = connection;
    }
    if (idle) idle->close();
    return idle != nullptr;
  }

  void look_again() {
    look_.expires_after(kLook);
    look_.async_wait([this](const error_code& error) {
      if (error) return;
      look();
    });
  }

  void look() {
    const auto now = Clock::now();
    bool late = false;
    {
      const std::lock_guard lock(mutex_);
      late = stop_asked_ && now >= end_at_;
    }
    for (auto at = connections_.begin(); at != connections_.end();) {
      const auto connection = *at;
      try {
        late ? connection->close() : connection->look(now);
      } catch (...) {
        connection->close();
      }
      at = connection->is_closed() ? connections_.erase(at) : std::next(at);
    }
    if (host_->stopping && connections_.empty()) {
      host_->io->stop();
    } else if (host_->stopping || !connections_.empty()) {
      look_again();
    }
  }

  void begin_stop() {
    if (!host_->stopping) {
      host_->stopping = true;
      error_code ignored;
      acceptor_.close(ignored);
      const auto messages_until = Clock::now() + http::seconds_of(host_->options.stopping_seconds);
      for (const auto& connection : connections_) connection->stop(messages_until);
    }
    look();
  }

  std::shared_ptr<Host> host_;
  tcp::acceptor acceptor_;
  boost::asio::steady_timer look_, breath_;
  std::set<ConnectionPointer> connections_;
  std::thread thread_;

  std::mutex mutex_;
  std::condition_variable has_ended_;
  Clock::time_point end_at_;
  bool started_ = false, stop_asked_ = false, ended_ = false;
};

Server::Server(ServerOptions options, std::vector<Method> methods,
               std::function<void(const http::Answered&)> answered)
    : impl_(std::make_unique<Impl>(std::move(options), std::move(methods), std::move(answered))) {}
Server::~Server() = default;

int Server::bind() { return impl_->bind(); }
void Server::start() { impl_->start(); }
void Server::stop(double grace_seconds) { impl_->stop(grace_seconds); }
int Server::connections() const { return impl_->connections(); }
size_t Server::bytes() const { return impl_->bytes(); }

}  // namespace focus::rpc
