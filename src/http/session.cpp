#include "http/session.h"

#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <limits>
#include <new>

#include "http/cross_origin.h"
#include "http/engine.h"
#include "http/error.h"
#include "http/error_response.h"
#include "http/response_head.h"
#include "http/text.h"
#include "http/token.h"

namespace focus::http {
namespace {

namespace asio = boost::asio;

// Steps of one connection before it is others' turn.
constexpr int kSteps = 16;
// Of an answer, at one step.
constexpr size_t kWriteStep = size_t{1} << 20;
// What may be sent ahead while a request is worked on; more stays with the kernel.
constexpr size_t kMaxAhead = size_t{16} << 10;
// Kept for the next request; a bigger buffer is given back.
constexpr size_t kKeptCapacity = size_t{4} << 10;
// For who was refused to notice, at least; more if the request's own time is not over.
constexpr double kLingerSeconds = 1;
// nginx's status, for logs alone.
constexpr int kClientGone = 499;
// Who sends no more may leave at any time, which only sending tells.
constexpr auto kBetweenTries = std::chrono::seconds(1);

Response with_field(Response response, std::string name, std::string value) {
  response.headers.add(std::move(name), std::move(value));
  return response;
}

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
    refuse({error_response(503, "the server has as many connections as it may; try again"), "refused"}, true);
    advance();
  });
}

void Session::close() noexcept {
  if (state_ == State::kClosed) return;
  const auto self = shared_from_this();  // Its place in the list is the last but this.
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

bool Session::read_more() {
  if (has_pending_) {
    parse_pending();
    return true;
  }
  std::string_view bytes;
  switch (receive(engine_.scratch().size(), bytes)) {
    case Received::kNothing:
      return false;
    case Received::kFault:
      if (reader_) report(kClientGone, "refused");
      close();
      return false;
    case Received::kEnd:
      input_ended_ = true;
      if (!reader_) {
        close();
        return false;
      }
      refuse({error_response(400, "the connection ended in the middle of the request"), "refused"}, false);
      return true;
    case Received::kBytes:
      break;
  }
  if (pending_.empty()) {
    const size_t taken = parse(bytes);
    pending_.assign(bytes.substr(taken));
  } else {
    pending_.append(bytes);
    parse_pending();
  }
  return true;
}

void Session::parse_pending() {
  has_pending_ = false;
  pending_.erase(0, parse(pending_));
  if (pending_.empty() && pending_.capacity() > kKeptCapacity) std::string().swap(pending_);
}

void Session::begin_request() {
  started_ = Clock::now();
  const auto& options = engine_.options();
  deadline_ = started_ + seconds_of(options.request_seconds);
  if (engine_.is_stopping()) deadline_ = std::min(deadline_, started_ + seconds_of(options.stopping_seconds));
  reader_ = std::make_unique<RequestReader>(options.max_head_bytes);
  held_ = HeldBytes(engine_.budget());
}

size_t Session::parse(std::string_view bytes) {
  size_t taken = 0;
  if (!reader_) {
    // Old clients send an empty line behind a body; that begins no request.
    while (bytes.substr(taken, 2) == "\r\n") taken += 2;
    if (taken == bytes.size()) return taken;
    begin_request();
  }
  try {
    if (!reader_->has_head()) {
      const size_t size = reader_->read_head(bytes.substr(taken));
      if (size == 0) return taken;
      taken += size;
      const auto& head = reader_->head();
      if (auto refusal = judge_head(taken < bytes.size())) {
        // A body that is already here is dropped, and the connection kept; one that is announced only, or
        // whose end is not known, is not waited for.
        const size_t here = bytes.size() - taken;
        const bool whole = !head.is_chunked && !head.expects_continue && head.content_length <= here;
        if (whole) taken += static_cast<size_t>(head.content_length);
        refuse(std::move(*refusal), !whole);
        return taken;
      }
    }
    taken += reader_->read_body(bytes.substr(taken), [&](std::string_view part) { take_body_bytes(part); });
    if (reader_->is_done()) {
      state_ = State::kComplete;
    } else if (reader_->announced() > engine_.options().max_body_bytes - body_.size()) {
      fail_too_long();  // Nobody waits for the bytes of a chunk that is too large.
    }
  } catch (const HttpError& error) {
    const auto& head = reader_->head().head;
    if (method_.empty()) {
      method_ = head.method;
      path_ = head.path;
    }
    refuse({error_response(error.status(), error.what()), "refused"}, true);
  } catch (const std::bad_alloc&) {
    refuse({error_response(std::current_exception()), "refused"}, true);
  }
  return taken;
}

std::optional<Session::Refusal> Session::judge_head(bool body_has_begun) {
  auto& request = reader_->head();
  auto& head = request.head;
  const auto& options = engine_.options();
  head.client = client_;
  method_ = head.method;
  path_ = head.path;
  keeps_alive_ = request.keeps_alive;
  is_http10_ = request.is_http10;
  bodiless_ = head.method == "HEAD";
  allow_origin(options.allow_origins, head.headers.find("Origin"), cross_origin_);

  const bool is_refused_method = head.method == "CONNECT" || head.method == "TRACE";
  auto match = engine_.router().find(head.method, request.target);
  if (!match.route || is_refused_method) {
    if (head.method == "OPTIONS") return judge_options(match);
    if (match.allowed.empty() && !is_refused_method) {
      return Refusal{error_response(404, options.not_found), "other"};
    }
    const std::string allowed = match.allowed.empty() ? "GET, HEAD, POST, OPTIONS" : match.allowed;
    return Refusal{with_field(error_response(405, fmt::format("{} is no method of this path, which takes {}",
                                                              head.method, allowed)),
                              "Allow", allowed),
                   "other"};
  }
  if (match.route->access == Access::kToken && !is_authorised(head)) {
    return Refusal{
        with_field(error_response(
                       401, "the bearer token is missing or wrong; send it as 'Authorization: Bearer TOKEN'"),
                   "WWW-Authenticate", "Bearer"),
        "refused"};
  }
  if (request.content_length > options.max_body_bytes) {
    return Refusal{error_response(413, fmt::format("the body is too large: {} bytes; at most {} are accepted",
                                                   request.content_length, options.max_body_bytes)),
                   "refused"};
  }
  if (request.has_body()) {
    const auto coding = coding_of(head.headers.get("Content-Encoding"));
    if (!coding) {
      return Refusal{
          with_field(
              error_response(
                  415, fmt::format("'Content-Encoding: {}' is not known here; send {} or the body as it is",
                                   head.headers.get("Content-Encoding").substr(0, 80), kCodings)),
              "Accept-Encoding", std::string(kCodings)),
          "refused"};
    }
    coding_ = *coding;
    if (!engine_.budget()->has_room(request.content_length)) {
      return Refusal{error_response(503, "the server holds as many bytes of requests as it may; try again"),
                     "refused"};
    }
  }
  if (request.has_body() && request.expects_continue && !body_has_begun) {
    constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
    const auto sent =
        send(socket_.native_handle(), kContinue.data(), kContinue.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    // Who does not even read that much is not waited for.
    if (sent != static_cast<ssize_t>(kContinue.size()))
      fail_http(400, "the client does not read what it is sent");
  }
  route_ = match.route;
  head.captured = std::move(match.captured);
  return std::nullopt;
}

std::optional<Session::Refusal> Session::judge_options(const Router::Match& match) {
  const auto& request = reader_->head();
  const bool all = request.target == "*";
  if (match.allowed.empty() && !all) {
    return Refusal{error_response(404, engine_.options().not_found), "other"};
  }
  const std::string allowed = all ? "GET, HEAD, POST, OPTIONS" : match.allowed;
  Response response;
  response.status = 204;
  response.headers.add("Allow", allowed);
  if (!engine_.options().allow_origins.empty() && is_preflight(request.head)) {
    answer_preflight(request.head, allowed, response.headers);
  }
  return Refusal{std::move(response), "other"};
}

bool Session::is_authorised(const Head& head) const {
  return http::is_authorised(head.headers.get("Authorization"), engine_.options().token);
}

void Session::fail_too_long() const {
  fail_http(413, "the body has more than {} bytes", engine_.options().max_body_bytes);
}

void Session::take_body_bytes(std::string_view bytes) {
  const auto& head = reader_->head();
  const size_t most = engine_.options().max_body_bytes;
  if (bytes.size() > most - body_.size()) fail_too_long();
  append_held(body_, bytes, head.is_chunked ? most : static_cast<size_t>(head.content_length), held_);
}

void Session::dispatch() {
  Request request;
  request.head = std::move(reader_->head().head);
  request.sent_bytes = body_bytes_ = body_.size();
  request.body = std::move(body_);
  body_ = {};
  cancelled_ = std::make_shared<std::atomic<bool>>(false);
  auto exchange =
      std::make_shared<HeldExchange>(std::move(request), std::move(held_), deadline_, cancelled_,
                                     HeldExchange::Origin{engine_.mailbox(), weak_from_this(), ++request_});
  exchange_ = exchange;
  state_ = State::kHandling;
  engine_.handle(*route_, std::move(exchange), coding_);
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
  // Who has closed all and who has closed its half, to say that this was all, look alike. But all answers
  // begin alike: who still reads takes a byte of that as it comes, and the system of one that is gone resets.
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
      answer(error_response(500, "the server let go of the request without an answer"), route_->label, false);
    }
    advance();
  });
}

void Session::lose_client() {
  report(kClientGone, route_->label);
  close();
}

void Session::refuse(Refusal refusal, bool rest_is_unread) {
  rest_is_unread_ = rest_is_unread;
  body_bytes_ = body_.size();
  std::string().swap(body_);
  held_.give_back();
  answer(std::move(refusal.response), std::move(refusal.label), rest_is_unread);
}

void Session::answer(Response response, std::string label, bool last) {
  // Who sends no more may have sent several requests before.
  last_ = last || !keeps_alive_ || (input_ended_ && pending_.empty()) || engine_.is_stopping();
  Delivery delivery;
  delivery.close = last_;
  delivery.keeps_http10 = is_http10_;
  delivery.always = &engine_.options().headers;
  delivery.more = &cross_origin_;
  out_ = std::move(response);
  head_out_ = response_head(out_, delivery);
  if (is_bodiless(out_.status)) bodiless_ = true;
  written_ = sent_ahead_;
  state_ = State::kWriting;
  ++request_;
  exchange_.reset();
  report(out_.status, std::move(label));
  // Reading the answer has a time of its own, however late it came.
  deadline_ = Clock::now() + seconds_of(engine_.options().request_seconds);
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

bool Session::write_more() {
  const std::string_view body =
      bodiless_ ? std::string_view()
                : (out_.lasting_body.empty() ? std::string_view(out_.body) : out_.lasting_body);
  const size_t total = head_out_.size() + body.size();
  size_t budget = kWriteStep;
  while (written_ < total) {
    if (budget == 0) return true;
    std::array<iovec, 2> parts{};
    size_t count = 0;
    const auto add = [&](std::string_view text, size_t skipped) {
      const size_t length = std::min(text.size() - skipped, budget);
      // The kernel only reads it.
      parts[count++] = {const_cast<char*>(text.data() + skipped), length};
    };
    if (written_ < head_out_.size()) {
      add(head_out_, written_);
      if (!body.empty()) add(body, 0);
    } else {
      add(body, written_ - head_out_.size());
    }
    msghdr message{};
    message.msg_iov = parts.data();
    message.msg_iovlen = count;
    ssize_t sent = 0;
    do {
      sent = sendmsg(socket_.native_handle(), &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    } while (sent < 0 && errno == EINTR);
    if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
      wait_writable();
      return false;
    }
    if (sent <= 0) {
      close();
      return false;
    }
    written_ += static_cast<size_t>(sent);
    budget -= std::min(budget, static_cast<size_t>(sent));
  }
  finish_answer();
  return true;
}

void Session::forget_request() {
  reader_.reset();
  route_ = nullptr;
  coding_ = Coding::kNone;
  std::string().swap(head_out_);
  out_ = {};
  cross_origin_ = {};
  cancelled_.reset();
  std::string().swap(method_);
  std::string().swap(path_);
  body_bytes_ = sent_ahead_ = 0;
  keeps_alive_ = is_http10_ = bodiless_ = rest_is_unread_ = false;
}

void Session::finish_answer() {
  if (last_) {
    int unread = 0;
    const bool comes_more = rest_is_unread_ || !pending_.empty() ||
                            (ioctl(socket_.native_handle(), FIONREAD, &unread) == 0 && unread > 0);
    if (comes_more && !input_ended_) return linger();
    return close();
  }
  forget_request();
  state_ = State::kReading;
  since_ = Clock::now();
  has_pending_ = !pending_.empty();
}

void Session::linger() {
  boost::system::error_code ignored;
  socket_.shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
  state_ = State::kLingering;
  since_ = Clock::now();
  std::string().swap(pending_);
  deadline_ = since_ + seconds_of(kLingerSeconds);
  if (reader_ && !engine_.is_stopping()) {
    deadline_ = std::max(deadline_, started_ + seconds_of(engine_.options().request_seconds));
  }
  drops_left_ = std::min(engine_.options().max_body_bytes, std::numeric_limits<size_t>::max() / 4) * 2 +
                (size_t{1} << 20);
}

bool Session::drop_more() {
  std::string_view bytes;
  switch (receive(engine_.scratch().size(), bytes)) {
    case Received::kNothing:
      return false;
    case Received::kFault:
    case Received::kEnd:
      close();
      return false;
    case Received::kBytes:
      break;
  }
  if (bytes.size() > drops_left_) {
    close();
    return false;
  }
  drops_left_ -= bytes.size();
  return true;
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
          // Its answer may be on the way; if it is not, there was no memory to send it.
          engine_.deliver();
          if (state_ == State::kHandling && exchange_.expired()) {
            answer(error_response(500, "the server let go of the request without an answer"), route_->label,
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
        // What it did not read is not kept for it.
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
      // Perhaps its request is here already.
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
