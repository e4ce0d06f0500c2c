// The part of a session that answers: writes as much as the client takes, then reads the next request or
// lingers.
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>

#include "http/engine.h"
#include "http/response_head.h"
#include "http/session.h"

namespace focus::http {
namespace {

namespace asio = boost::asio;

// Bytes of an answer written per step.
constexpr size_t kWriteStep = size_t{1} << 20;

}  // namespace

void Session::refuse(Refusal refusal, bool rest_is_unread) {
  rest_is_unread_ = rest_is_unread;
  body_bytes_ = body_.size();
  std::string().swap(body_);
  held_.give_back();
  answer(std::move(refusal.response), std::move(refusal.label), rest_is_unread);
}

void Session::answer(Response response, std::string label, bool last) {
  // A client that sends no more may have sent further requests before.
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
  // The client gets the full time to read the answer, however late it came.
  deadline_ = Clock::now() + seconds_of(engine_.options().request_seconds);
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

}  // namespace focus::http
