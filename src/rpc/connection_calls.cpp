// The part of a connection that handles calls: their heads, messages and answers.
#include <algorithm>
#include <array>
#include <cstring>
#include <utility>
#include <vector>

#include "http/error.h"
#include "http/token.h"
#include "rpc/connection.h"
#include "rpc/ticket.h"
#include "rpc/timeout.h"

namespace focus::rpc {
namespace {

using http::fail_http;
using http::seconds_of;

/// Calls that a connection may have even if the limit for all connections is reached.
constexpr size_t kOwnCalls = 8;

nghttp2_nv field(std::string_view name, std::string_view value) {
  const auto bytes = [](std::string_view text) {
    return reinterpret_cast<uint8_t*>(const_cast<char*>(text.data()));  // nghttp2 copies both
  };
  return {bytes(name), bytes(value), name.size(), value.size(), NGHTTP2_NV_FLAG_NONE};
}

}  // namespace

void Connection::begin_call(int32_t stream) {
  auto& call = calls_[stream];
  ++host_->calls;
  call.begun = Clock::now();
  call.deadline = call.begun + seconds_of(host_->options.request_seconds);
}

void Connection::add_field(CallState& call, std::string_view name, std::string_view value) {
  // The size of a field as in RFC 9113.
  call.metadata_bytes += name.size() + value.size() + 32;
  if (call.metadata_bytes > host_->options.max_metadata_bytes) {
    call.too_much_metadata = true;
    return;
  }
  const std::array<std::pair<std::string_view, std::string*>, 6> known{
      {{":method", &call.http_method},
       {":path", &call.path},
       {"content-type", &call.type},
       {"authorization", &call.authorization},
       {"grpc-timeout", &call.timeout},
       {"grpc-encoding", &call.encoding}}};
  for (const auto& [known_name, place] : known) {
    if (name == known_name) *place = value;
  }
}

void Connection::judge(CallState& call) {
  const auto& options = host_->options;
  const auto at = host_->methods.find(call.path);
  if (at != host_->methods.end()) call.method = &at->second;
  if (call.too_much_metadata) {
    fail_http(413, "the metadata of the call have more than {} bytes", options.max_metadata_bytes);
  }
  if (call.method == nullptr) fail_http(501, "there is no method '{}'", call.path);
  if (host_->stopping) fail_http(503, "the server is stopping");
  if (call.method->guarded && !http::is_authorised(call.authorization, options.token)) {
    fail_http(401,
              "the bearer token is missing or wrong; send it as the metadata 'authorization: Bearer TOKEN'");
  }
  // Each connection may have a few calls, so that the many of one client do not block others.
  if (host_->calls > options.max_calls_together && calls_.size() > kOwnCalls) {
    fail_http(503, "the server has too many calls at the same time; try again");
  }
  if (!call.timeout.empty()) {
    const auto timeout = read_timeout(call.timeout);
    if (!timeout)
      fail_http(400, "grpc-timeout is '{}'; it takes 1 to 8 digits and a unit, such as 100m", call.timeout);
    call.deadline =
        std::min(call.deadline, call.begun + std::chrono::duration_cast<Clock::duration>(*timeout));
  }
  const auto coding = http::coding_of(call.encoding);
  if (!coding)
    fail_http(501, "grpc-encoding is '{}'; identity, gzip and deflate are supported", call.encoding);
  call.body.emplace(call.method->max_message_bytes, *coding, host_->budget);
}

void Connection::end_head(int32_t stream, CallState& call) {
  if (call.stage != CallState::Stage::kHead) return;
  call.stage = CallState::Stage::kMessage;
  // Requests that are not gRPC get an HTTP status.
  const bool posted = call.http_method == "POST";
  if (!posted || !call.type.starts_with("application/grpc")) {
    const std::string_view status = posted ? "415" : "405";
    const std::array<nghttp2_nv, 1> head{field(":status", status)};
    call.stage = CallState::Stage::kAnswered;
    *call.cancelled = true;
    report(call, posted ? 415 : 405);
    nghttp2_submit_response(session_.get(), stream, head.data(), head.size(), nullptr);
    return;
  }
  try {
    judge(call);
  } catch (...) {
    answer(stream, status_of(std::current_exception()), {});
  }
  for (auto* part :
       {&call.http_method, &call.path, &call.type, &call.authorization, &call.timeout, &call.encoding}) {
    std::string().swap(*part);
  }
}

void Connection::add_data(int32_t stream, CallState& call, std::string_view data) {
  call.body_bytes += data.size();
  if (call.stage != CallState::Stage::kMessage || !call.body) return;
  try {
    call.body->append(data);
  } catch (...) {
    answer(stream, status_of(std::current_exception()), {});
  }
}

void Connection::end_message(int32_t stream, CallState& call) {
  if (call.stage != CallState::Stage::kMessage || !call.body) return;
  if (!call.body->complete()) {
    return answer(stream, {Code::kInvalidArgument, "the call ended before its message was complete"}, {});
  }
  call.stage = CallState::Stage::kRunning;
  const auto ticket = std::make_shared<Ticket>(host_->io, weak_from_this(), stream, call.deadline,
                                               call.cancelled, std::move(*call.body));
  call.body.reset();
  const auto run = [ticket, handler = &call.method->handler] {
    try {
      (*handler)(ticket);
    } catch (...) {
      ticket->answer_error(std::current_exception());
    }
  };
  if (call.method->among_workers) {
    host_->workers.submit(run);
  } else {
    run();
  }
}

void Connection::answer(int32_t stream, const Status& status, std::string message) {
  auto* call = find(stream);
  if (closed_ || call == nullptr || call->stage == CallState::Stage::kAnswered) return;
  call->stage = CallState::Stage::kAnswered;
  *call->cancelled = true;
  call->body.reset();
  report(*call, http_of_code(status.code));
  std::vector<nghttp2_nv> head{field(":status", "200"), field("content-type", "application/grpc"),
                               field("grpc-accept-encoding", "identity, deflate, gzip")};
  if (!status.ok()) {
    const std::string code = std::to_string(static_cast<int>(status.code)),
                      words = percent_encoded(status.message);
    head.push_back(field("grpc-status", code));
    head.push_back(field("grpc-message", words));
    nghttp2_submit_response(session_.get(), stream, head.data(), head.size(), nullptr);
    return write();
  }
  call->answer.reserve(message.size() + 5);
  call->answer.push_back('\0');
  for (const int shift : {24, 16, 8, 0}) call->answer.push_back(static_cast<char>(message.size() >> shift));
  call->answer += message;
  nghttp2_data_provider provider{};
  provider.read_callback = [](nghttp2_session*, int32_t id, uint8_t* buffer, size_t size, uint32_t* flags,
                              nghttp2_data_source*, void* self) {
    return static_cast<Connection*>(self)->read_answer(id, buffer, size, flags);
  };
  nghttp2_submit_response(session_.get(), stream, head.data(), head.size(), &provider);
  write();
}

ssize_t Connection::read_answer(int32_t stream, uint8_t* buffer, size_t size, uint32_t* flags) {
  auto* call = find(stream);
  if (call == nullptr) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
  const size_t count = std::min(size, call->answer.size() - call->sent);
  std::memcpy(buffer, call->answer.data() + call->sent, count);
  call->sent += count;
  if (call->sent == call->answer.size()) {
    *flags |= NGHTTP2_DATA_FLAG_EOF | NGHTTP2_DATA_FLAG_NO_END_STREAM;
    const std::array<nghttp2_nv, 1> trailer{field("grpc-status", "0")};
    if (nghttp2_submit_trailer(session_.get(), stream, trailer.data(), trailer.size()) != 0) {
      return NGHTTP2_ERR_CALLBACK_FAILURE;
    }
  }
  return static_cast<ssize_t>(count);
}

void Connection::end_call(int32_t stream) {
  const auto at = calls_.find(stream);
  if (at == calls_.end()) return;
  *at->second.cancelled = true;
  if (at->second.stage != CallState::Stage::kAnswered) report(at->second, http_of_code(Code::kCancelled));
  calls_.erase(at);
  --host_->calls;
  if (calls_.empty()) idle_since_ = Clock::now();
}

void Connection::report(const CallState& call, int status) const {
  if (!host_->answered) return;
  try {
    http::Answered line;
    line.route = call.method == nullptr ? "grpc/other" : call.method->label;
    line.method = "POST";
    line.path = call.method == nullptr ? call.path : call.method->path;
    line.client = client_;
    line.status = status;
    line.body_bytes = call.body_bytes;
    line.seconds = std::chrono::duration<double>(Clock::now() - call.begun).count();
    host_->answered(line);
  } catch (...) {  // A missing log line must not end the connection.
  }
}

}  // namespace focus::rpc
