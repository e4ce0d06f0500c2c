// The part of a session that takes a request: reads it, checks the head before the body arrives, calls the
// handler.
#include <sys/socket.h>

#include <algorithm>
#include <new>

#include "http/cross_origin.h"
#include "http/engine.h"
#include "http/error.h"
#include "http/error_response.h"
#include "http/inflate.h"
#include "http/session.h"
#include "http/token.h"

namespace focus::http {
namespace {

// A buffer up to this size is kept for the next request; a bigger one is freed.
constexpr size_t kKeptCapacity = size_t{4} << 10;

Response with_field(Response response, std::string name, std::string value) {
  response.headers.add(std::move(name), std::move(value));
  return response;
}

}  // namespace

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
    // Old clients send an empty line after a body; it does not begin a request.
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
        // If the whole body has arrived, drop it and keep the connection. Otherwise, or if its end is not
        // known, do not wait for it.
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
      fail_too_long();  // Do not wait for the bytes of a chunk that is too large.
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
    return Refusal{
        with_field(error_response(405, fmt::format("{} is not a method of this path, which takes {}",
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
          with_field(error_response(
                         415, fmt::format(
                                  "'Content-Encoding: {}' is not supported; send {} or the uncompressed body",
                                  head.headers.get("Content-Encoding").substr(0, 80), kCodings)),
                     "Accept-Encoding", std::string(kCodings)),
          "refused"};
    }
    coding_ = *coding;
    if (!engine_.budget()->has_room(request.content_length)) {
      return Refusal{
          error_response(
              503, "the server has no memory left for request bodies (its limit is reached); try again"),
          "refused"};
    }
  }
  if (request.has_body() && request.expects_continue && !body_has_begun) {
    constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
    const auto sent =
        send(socket_.native_handle(), kContinue.data(), kContinue.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    // Do not wait for a client that does not even read this much.
    if (sent != static_cast<ssize_t>(kContinue.size()))
      fail_http(400, "the client does not read the server's '100 Continue'");
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

}  // namespace focus::http
