#include "rpc/ticket.h"

#include <boost/asio/post.hpp>
#include <utility>

#include "rpc/connection.h"

namespace focus::rpc {

Ticket::Ticket(std::weak_ptr<boost::asio::io_context> io, std::weak_ptr<Connection> connection,
               int32_t stream, Clock::time_point deadline, Cancelled cancelled, MessageBody body)
    : io_(std::move(io)),
      connection_(std::move(connection)),
      stream_(stream),
      deadline_(deadline),
      cancelled_(std::move(cancelled)),
      body_(std::move(body)) {}

Ticket::~Ticket() { send({Code::kInternal, "the call was not answered"}, {}); }

void Ticket::answer(std::string message) { send({}, std::move(message)); }

void Ticket::answer_error(std::exception_ptr error) {
  Status status = status_of(error);
  // A call dropped at its deadline ends as DEADLINE_EXCEEDED, not as if the server was busy.
  if (status.code == Code::kUnavailable && Clock::now() >= deadline_) {
    status = {Code::kDeadlineExceeded, "no answer in time"};
  }
  send(std::move(status), {});
}

void Ticket::send(Status status, std::string message) noexcept {
  if (answered_.exchange(true)) return;
  try {
    const auto io = io_.lock();
    if (!io) return;
    boost::asio::post(*io, [connection = connection_, stream = stream_, status = std::move(status),
                            message = std::move(message)]() mutable {
      if (const auto there = connection.lock()) there->answer(stream, status, std::move(message));
    });
  } catch (...) {
    // No memory for the answer: the deadline ends the call.
  }
}

}  // namespace focus::rpc
