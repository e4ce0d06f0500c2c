// What all connections of a server share.
#pragma once

#include <sys/socket.h>

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <functional>
#include <list>
#include <memory>
#include <vector>

#include "http/byte_budget.h"
#include "http/held_exchange.h"
#include "http/mailbox.h"
#include "http/server.h"
#include "http/workers.h"

namespace focus::http {

class Session;

class Engine {
 public:
  Engine(ServerOptions options, Router router, std::function<void(const Answered&)> answered);
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  int bind();
  void run(const std::function<void()>& tick);
  void stop(double grace_seconds);
  int connections() const { return connections_; }

  // For sessions.
  const ServerOptions& options() const { return options_; }
  const Router& router() const { return router_; }
  boost::asio::io_context& io() { return io_; }
  const std::shared_ptr<ByteBudget>& budget() const { return budget_; }
  const std::shared_ptr<Mailbox>& mailbox() const { return mailbox_; }
  /// The buffer that sessions receive into: one for all, as only one of them reads at a time.
  std::vector<char>& scratch() { return scratch_; }
  bool is_stopping() const { return stopping_; }
  /// When run() returns at the latest.
  Clock::time_point end() const;
  void handle(const Route& route, std::shared_ptr<HeldExchange> exchange, Coding coding);
  /// Hands the answers in the mailbox to their sessions.
  void deliver() noexcept;
  void report(const Answered& answered) noexcept;
  void remove(Session& session) noexcept;

 private:
  void wait_for_clients();
  void accept_clients();
  /// False if there is no memory for it, nor for more.
  bool take_client(int handle, const sockaddr_storage& address);
  /// Closes the connection that has been idle longest; false if all are in use.
  /// @param with_turned_away also consider connections that are being turned away; these do not count towards
  ///   max_connections
  bool close_idle_one(bool with_turned_away);
  void look_at_clock(const std::function<void()>& tick);
  void begin_stopping();
  bool is_finished() const { return stopping_ && sessions_.empty(); }

  const ServerOptions options_;
  const Router router_;
  const std::function<void(const Answered&)> answered_;
  const std::shared_ptr<ByteBudget> budget_;
  const std::shared_ptr<Mailbox> mailbox_;
  std::vector<char> scratch_;

  std::atomic<int64_t> end_;  ///< time of Clock, in its own ticks
  std::atomic<int> connections_{0};
  bool stopping_ = false, delivering_ = false, waiting_for_clients_ = false;

  // Destroyed before the above, the sessions' handlers first.
  boost::asio::io_context io_{1};
  boost::asio::ip::tcp::acceptor acceptor_{io_};
  std::list<std::shared_ptr<Session>> sessions_;
  size_t turned_away_ = 0;  ///< how many of them are being turned away
  Workers workers_;
};

}  // namespace focus::http
