#include "http/session.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <new>

#include "http/engine.h"
#include "http/error_response.h"
#include "http/response_head.h"

namespace focus::http {
namespace {

namespace asio = boost::asio;

// Steps of one connection before other connections get their turn.
constexpr int kSteps = 16;
// Bytes buffered of requests sent ahead while one is being handled; more stays in the kernel.
constexpr size_t kMaxAhead = size_t{16} << 10;
// A client that has closed its half may leave at any time; only sending to it shows that.
constexpr auto kBetweenTries = std::chrono::seconds(1);

}  // namespace

Session::Session(Engine& engine, asio::ip::tcp::socket socket, std::string client)
    : engine_(engine), socket_(std::move(socket)), client_(std::move(client)), since_(Clock::now()) {}

template <typename Work>
void Session::guarded(Work&& work) noexcept {
  try {
    work();
  } catch (...) {
    close();
  }
}

void Session::start() noexcept {
  guarded([&] { wait_readable(); });
}

void Session::turn_away() noexcept {
  turned_away_ = true;
  guarded([&] {
    started_ = deadline_ = Clock::now();
    refuse({error_response(503, "the server has reached its limit of connections; try again"), "refused"},
           true);
    advance();
  });
}

void Session::close() noexcept {
  if (state_ == State::kClosed) return;
  const auto self = shared_from_this();  // The engine's list may hold the only other reference.
  if (cancelled_) *cancelled_ = true;
  state_ = State::kClosed;
  boost::system::error_code ignored;
  socket_.close(ignored);
  held_.give_back();
  engine_.remove(*this);
}

void Session::advance() noexcept {
  if (advancing_) return;
  const auto self = shared_from_this();
  advancing_ = true;
  guarded([&] {
    for (int i = 0; i < kSteps; ++i) {
      if (!step()) return;
    }
    asio::post(engine_.io(), [self] { self->advance(); });
  });
  advancing_ = false;
}

bool Session::step() {
  switch (state_) {
    case State::kReading:
      return read_more();
    case State::kComplete:
      try {
        dispatch();
      } catch (const std::bad_alloc&) {
        answer(error_response(std::current_exception()), route_->label, true);
      }
      return true;
    case State::kHandling:
      return watch_client();
    case State::kWriting:
      return write_more();
    case State::kLingering:
      return drop_more();
    case State::kClosed:
      break;
  }
  return false;
}

Session::Received Session::receive(size_t most, std::string_view& bytes) {
  const auto nothing = [this] {
    wait_readable();
    return Received::kNothing;
  };
  if (!readable_) return nothing();
  auto& scratch = engine_.scratch();
  most = std::min(most, scratch.size());
  ssize_t count = 0;
  do {
    count = recv(socket_.native_handle(), scratch.data(), most, MSG_DONTWAIT);
  } while (count < 0 && errno == EINTR);
  if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
    readable_ = false;
    return nothing();
  }
  if (count < 0) return Received::kFault;
  if (count == 0) return Received::kEnd;
  bytes = {scratch.data(), static_cast<size_t>(count)};
  if (bytes.size() < most) readable_ = false;
  return Received::kBytes;
}

void Session::wait_readable() {
  if (waiting_readable_) return;
  socket_.async_wait(asio::ip::tcp::socket::wait_read,
                     [self = shared_from_this()](boost::system::error_code error) {
                       self->waiting_readable_ = false;
                       if (self->state_ == State::kClosed) return;
                       if (error) return self->close();
                       self->readable_ = true;
                       self->advance();
                     });
  waiting_readable_ = true;
}

void Session::wait_writable() {
  if (waiting_writable_) return;
  socket_.async_wait(asio::ip::tcp::socket::wait_write,
                     [self = shared_from_this()](boost::system::error_code error) {
                       self->waiting_writable_ = false;
                       if (self->state_ == State::kClosed) return;
                       if (error) return self->close();
                       self->advance();
                     });
  waiting_writable_ = true;
}

bool Session::watch_client() {
  if (input_ended_ && sent_ahead_ == 0) try_client();
  if (input_ended_ || pending_.size() >= kMaxAhead) return false;
  std::string_view bytes;
  switch (receive(kMaxAhead - pending_.size(), bytes)) {
    case Received::kNothing:
      return false;
    case Received::kFault:
      lose_client();
      return false;
    case Received::kEnd:
      input_ended_ = true;
      try_client();
      return false;
    case Received::kBytes:
      break;
  }
  pending_.append(bytes);
  return true;
}

void Session::try_client() {
  // A client that closed the connection and one that closed only its half, having sent everything, look alike
  // here. So send one byte of the status line, which is the same for all answers: a client that still reads
  // accepts it, the system of one that is gone answers with a reset.
  if (sent_ahead_ < kVersion.size()) {
    const auto sent =
        send(socket_.native_handle(), kVersion.data() + sent_ahead_, 1, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent == 1) ++sent_ahead_;
    if (sent < 0 && errno != EINTR && errno != EAGAIN && errno != EWOULDBLOCK) return lose_client();
  }
  next_try_ = Clock::now() + kBetweenTries;
  wait_for_reset();
}

void Session::wait_for_reset() {
  if (waiting_for_reset_) return;
  socket_.async_wait(asio::ip::tcp::socket::wait_error,
                     [self = shared_from_this()](boost::system::error_code error) {
                       self->waiting_for_reset_ = false;
                       if (self->state_ == State::kClosed) return;
                       if (error) return self->close();
                       if (self->state_ == State::kHandling) self->guarded([&] { self->lose_client(); });
                     });
  waiting_for_reset_ = true;
}

void Session::take(Mail& mail) noexcept {
  if (state_ != State::kHandling || mail.request != request_) return;
  guarded([&] {
    if (mail.response) {
      answer(std::move(*mail.response), route_->label, false);
    } else if (*cancelled_) {
      return lose_client();
    } else {
      answer(error_response(500, "the server dropped the request without an answer"), route_->label, false);
    }
    advance();
  });
}

void Session::lose_client() {
  report(kClientGone, route_->label);
  close();
}

void Session::report(int status, std::string label) {
  Answered answered;
  answered.route = std::move(label);
  answered.method = method_;
  answered.path = path_;
  answered.client = client_;
  answered.status = status;
  answered.body_bytes = body_bytes_;
  answered.seconds = std::chrono::duration<double>(Clock::now() - started_).count();
  engine_.report(answered);
}

void Session::look_at_clock(Clock::time_point now) noexcept {
  guarded([&] {
    switch (state_) {
      case State::kReading:
        if (!reader_) {
          if (now >= since_ + seconds_of(engine_.options().idle_seconds)) close();
        } else if (now >= deadline_) {
          refuse({engine_.is_stopping() ? error_response(503, "the server is stopping")
                                        : error_response(408, "the request did not arrive in time"),
                  "refused"},
                 true);
          advance();
        }
        break;
      case State::kHandling:
        if (now >= deadline_) {
          *cancelled_ = true;
          answer(error_response(503, "no answer in time"), route_->label, true);
          advance();
        } else if (exchange_.expired()) {
          // The answer may be in the mailbox; if not, there was no memory to put it there.
          engine_.deliver();
          if (state_ == State::kHandling && exchange_.expired()) {
            answer(error_response(500, "the server dropped the request without an answer"), route_->label,
                   true);
            advance();
          }
        } else if (!input_ended_ && pending_.size() >= kMaxAhead) {
          pollfd client{socket_.native_handle(), POLLRDHUP, 0};
          if (poll(&client, 1, 0) > 0) {
            input_ended_ = true;
            try_client();
          }
        } else if (input_ended_ && now >= next_try_) {
          try_client();
        }
        break;
      case State::kWriting: {
        if (now < deadline_) break;
        // Do not keep data that the client did not read.
        boost::system::error_code ignored;
        socket_.set_option(asio::socket_base::linger(true, 0), ignored);
        close();
        break;
      }
      case State::kLingering:
        if (now >= deadline_) close();
        break;
      case State::kComplete:
      case State::kClosed:
        break;
    }
  });
}

void Session::stop() noexcept {
  guarded([&] {
    if (state_ == State::kReading && !reader_) {
      // Its request may already have arrived.
      readable_ = true;
      advance();
      if (is_between_requests()) close();
    } else if (state_ == State::kReading) {
      deadline_ = std::min(deadline_, Clock::now() + seconds_of(engine_.options().stopping_seconds));
    } else if (state_ == State::kLingering) {
      deadline_ = std::min(deadline_, Clock::now() + seconds_of(kLingerSeconds));
    }
  });
}

void Session::end() noexcept {
  guarded([&] {
    if (state_ == State::kHandling) {
      *cancelled_ = true;
      answer(error_response(503, "the server has stopped"), route_->label, true);
      advance();
    }
  });
  close();
}

}  // namespace focus::http
