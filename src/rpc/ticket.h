// The call passed to handlers.
#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <memory>

#include "rpc/call.h"

namespace focus::rpc {

class Connection;

/// Uses its connection only on the thread of connections, and may outlive both.
class Ticket : public Call {
 public:
  Ticket(std::weak_ptr<boost::asio::io_context> io, std::weak_ptr<Connection> connection, int32_t stream,
         Clock::time_point deadline, Cancelled cancelled, MessageBody body);
  ~Ticket() override;

  Message take_message() override { return body_.take(); }
  Clock::time_point deadline() const override { return deadline_; }
  Cancelled cancelled() const override { return cancelled_; }
  void answer(std::string message) override;
  void answer_error(std::exception_ptr error) override;

 private:
  void send(Status status, std::string message) noexcept;

  std::weak_ptr<boost::asio::io_context> io_;
  std::weak_ptr<Connection> connection_;
  int32_t stream_;
  Clock::time_point deadline_;
  Cancelled cancelled_;
  MessageBody body_;
  std::atomic<bool> answered_{false};
};

}  // namespace focus::rpc
