#include "rpc/connection.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>
#include <cstring>
#include <new>
#include <utility>
#include <vector>

#include "http/error.h"
#include "http/token.h"
#include "rpc/ticket.h"
#include "rpc/timeout.h"

namespace focus::rpc {
namespace {

using boost::asio::ip::tcp;
using http::fail_http;

/// What a client may send of a message before it hears that it was taken: enough for far and fast ones.
constexpr int32_t kStreamWindow = 1 << 20, kConnectionWindow = 8 << 20;
/// How long a connection that is finished is heard, so that its client is not cut off before it has read.
constexpr auto kLinger = std::chrono::seconds(1);
/// Calls that a connection may have however many others there are.
constexpr size_t kOwnCalls = 8;
/// What is written at once.
constexpr size_t kMostOutput = size_t{64} << 10;

Clock::duration seconds(double value) {
  return std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(value));
}

nghttp2_nv field(std::string_view name, std::string_view value) {
  const auto bytes = [](std::string_view text) {
    return reinterpret_cast<uint8_t*>(const_cast<char*>(text.data()));  // nghttp2 copies both
  };
  return {bytes(name), bytes(value), name.size(), value.size(), NGHTTP2_NV_FLAG_NONE};
}

std::string_view text(const uint8_t* data, size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

/// Runs what nghttp2 calls; it is written in C.
template <typename Work>
int without_exceptions(Work&& work) {
  try {
    work();
    return 0;
  } catch (...) {
    return NGHTTP2_ERR_CALLBACK_FAILURE;
  }
}

}  // namespace

Connection::Connection(std::shared_ptr<Host> host, tcp::socket socket)
    : host_(std::move(host)), socket_(std::move(socket)), session_(make_session(this)) {
  boost::system::error_code ignored;
  const auto peer = socket_.remote_endpoint(ignored);
  if (!ignored) client_ = peer.address().to_string();
  socket_.set_option(tcp::no_delay(true), ignored);
  socket_.set_option(boost::asio::socket_base::keep_alive(true), ignored);
  idle_since_ = unfinished_since_ = writing_since_ = lingers_until_ = Clock::now();
  ++host_->connections;
}

Connection::~Connection() { close(); }

Connection::SessionPointer Connection::make_session(Connection* connection) {
  nghttp2_session_callbacks* callbacks = nullptr;
  if (nghttp2_session_callbacks_new(&callbacks) != 0) throw std::bad_alloc();
  const std::unique_ptr<nghttp2_session_callbacks, void (*)(nghttp2_session_callbacks*)> end(
      callbacks, nghttp2_session_callbacks_del);
  nghttp2_session_callbacks_set_on_begin_headers_callback(
      callbacks, [](nghttp2_session*, const nghttp2_frame* frame, void* self) {
        return without_exceptions([&] {
          if (frame->headers.cat == NGHTTP2_HCAT_REQUEST) {
            static_cast<Connection*>(self)->begin_call(frame->hd.stream_id);
          }
        });
      });
  nghttp2_session_callbacks_set_on_header_callback(
      callbacks, [](nghttp2_session*, const nghttp2_frame* frame, const uint8_t* name, size_t name_size,
                    const uint8_t* value, size_t value_size, uint8_t, void* self) {
        return without_exceptions([&] {
          auto* connection = static_cast<Connection*>(self);
          auto* call = connection->find(frame->hd.stream_id);
          if (call != nullptr) connection->add_field(*call, text(name, name_size), text(value, value_size));
        });
      });
  nghttp2_session_callbacks_set_on_frame_recv_callback(
      callbacks, [](nghttp2_session*, const nghttp2_frame* frame, void* self) {
        return without_exceptions([&] {
          auto* connection = static_cast<Connection*>(self);
          if (frame->hd.type != NGHTTP2_HEADERS && frame->hd.type != NGHTTP2_DATA) return;
          auto* call = connection->find(frame->hd.stream_id);
          if (call == nullptr) return;
          if (frame->hd.type == NGHTTP2_HEADERS && frame->headers.cat == NGHTTP2_HCAT_REQUEST) {
            connection->end_head(frame->hd.stream_id, *call);
          }
          if ((frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0) {
            connection->end_message(frame->hd.stream_id, *call);
          }
        });
      });
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(
      callbacks, [](nghttp2_session*, uint8_t, int32_t stream, const uint8_t* data, size_t size, void* self) {
        return without_exceptions([&] {
          auto* connection = static_cast<Connection*>(self);
          auto* call = connection->find(stream);
          if (call != nullptr) connection->add_data(stream, *call, text(data, size));
        });
      });
  nghttp2_session_callbacks_set_on_stream_close_callback(
      callbacks, [](nghttp2_session*, int32_t stream, uint32_t, void* self) {
        return without_exceptions([&] { static_cast<Connection*>(self)->end_call(stream); });
      });
  nghttp2_session_callbacks_set_on_frame_send_callback(
      callbacks, [](nghttp2_session* session, const nghttp2_frame* frame, void*) {
        // A client that is answered before it has said all is told that the rest is not wanted.
        const auto stream = frame->hd.stream_id;
        if (frame->hd.type == NGHTTP2_HEADERS && (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0 &&
            nghttp2_session_get_stream_remote_close(session, stream) == 0) {
          nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, stream, NGHTTP2_NO_ERROR);
        }
        return 0;
      });
  nghttp2_session* session = nullptr;
  if (nghttp2_session_server_new(&session, callbacks, connection) != 0) throw std::bad_alloc();
  return {session, nghttp2_session_del};
}

void Connection::start() {
  const auto& options = host_->options;
  const std::array<nghttp2_settings_entry, 3> settings{
      {{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, static_cast<uint32_t>(options.max_calls)},
       {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, kStreamWindow},
       {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, static_cast<uint32_t>(options.max_metadata_bytes)}}};
  nghttp2_submit_settings(session_.get(), NGHTTP2_FLAG_NONE, settings.data(), settings.size());
  nghttp2_session_set_local_window_size(session_.get(), NGHTTP2_FLAG_NONE, 0, kConnectionWindow);
  write();
  read();
}

CallState* Connection::find(int32_t stream) {
  const auto at = calls_.find(stream);
  return at == calls_.end() ? nullptr : &at->second;
}

void Connection::read() {
  // Who does not read what it is answered is not heard either.
  if (closed_ || reading_ || writing_) return;
  reading_ = true;
  socket_.async_read_some(boost::asio::buffer(input_),
                          [self = shared_from_this()](const boost::system::error_code& error, size_t size) {
                            self->reading_ = false;
                            if (self->closed_) return;
                            if (error) return self->close();
                            self->received(size);
                          });
}

void Connection::received(size_t size) {
  if (lingering_) return read();
  if (meter_.feed(input_.data(), size)) unfinished_since_ = Clock::now();
  // A fatal error is for nghttp2 what breaks HTTP/2, too; it has queued its GOAWAY then, or cannot go on.
  hearing_ = true;
  const bool heard = nghttp2_session_mem_recv(session_.get(), input_.data(), size) >= 0;
  hearing_ = false;
  if (!heard) return close();
  write();
  read();
}

void Connection::write() {
  if (closed_ || hearing_ || writing_ || lingering_) return;
  output_.clear();
  while (output_.size() < kMostOutput) {
    const uint8_t* data = nullptr;
    const ssize_t size = nghttp2_session_mem_send(session_.get(), &data);
    if (size < 0) return close();
    if (size == 0) break;
    output_.append(text(data, static_cast<size_t>(size)));
  }
  if (output_.empty()) {
    if (nghttp2_session_want_read(session_.get()) == 0 && nghttp2_session_want_write(session_.get()) == 0)
      linger();
    if (finishing_ && calls_.empty()) linger();
    return;
  }
  writing_ = true;
  writing_since_ = Clock::now();
  boost::asio::async_write(socket_, boost::asio::buffer(output_),
                           [self = shared_from_this()](const boost::system::error_code& error, size_t) {
                             self->writing_ = false;
                             if (self->closed_) return;
                             if (error) return self->close();
                             self->write();
                             self->read();
                           });
}

void Connection::finish() {
  if (finishing_ || closed_) return;
  finishing_ = true;
  nghttp2_submit_goaway(session_.get(), NGHTTP2_FLAG_NONE,
                        nghttp2_session_get_last_proc_stream_id(session_.get()), NGHTTP2_NO_ERROR, nullptr,
                        0);
  write();
}

void Connection::linger() {
  if (lingering_ || closed_) return;
  lingering_ = true;
  lingers_until_ = Clock::now() + kLinger;
  boost::system::error_code ignored;
  socket_.shutdown(tcp::socket::shutdown_send, ignored);
  read();
}

void Connection::stop(Clock::time_point messages_until) {
  for (auto& [stream, call] : calls_) {
    if (call.stage == CallState::Stage::kHead || call.stage == CallState::Stage::kMessage) {
      call.deadline = std::min(call.deadline, messages_until);
    }
  }
  finish();
}

void Connection::close() {
  if (closed_) return;
  closed_ = true;
  --host_->connections;
  boost::system::error_code ignored;
  socket_.close(ignored);
  while (!calls_.empty()) end_call(calls_.begin()->first);
}

void Connection::look(Clock::time_point now) {
  if (closed_) return;
  const auto patience = seconds(host_->options.request_seconds);
  if (lingering_) {
    if (now >= lingers_until_) close();
    return;
  }
  if (writing_ && now - writing_since_ >= patience) return close();
  if (!meter_.between_frames() && now - unfinished_since_ >= patience) return close();
  bool slow = false;
  std::vector<int32_t> late, stuck;
  for (const auto& [stream, call] : calls_) {
    if (now < call.deadline) continue;
    // Its answer was not taken: it gets as long again.
    if (call.stage == CallState::Stage::kAnswered) {
      if (now >= call.deadline + patience) stuck.push_back(stream);
    } else {
      slow = slow || call.stage == CallState::Stage::kHead;
      late.push_back(stream);
    }
  }
  for (const auto stream : late) {
    const auto& call = calls_.at(stream);
    if (call.stage == CallState::Stage::kHead) continue;  // Its fields may still come; the connection ends.
    const bool running = call.stage == CallState::Stage::kRunning;
    Status status{Code::kDeadlineExceeded,
                  running ? "no answer in time" : "the message did not arrive in time"};
    if (!running && finishing_) status = {Code::kUnavailable, "the server is stopping"};
    answer(stream, status, {});
    if (closed_) return;
    if (!running) finish();
  }
  for (const auto stream : stuck) {
    nghttp2_submit_rst_stream(session_.get(), NGHTTP2_FLAG_NONE, stream, NGHTTP2_CANCEL);
  }
  if (slow) return close();
  if (calls_.empty() && now - idle_since_ >= seconds(host_->options.idle_seconds)) return finish();
  write();
}

void Connection::begin_call(int32_t stream) {
  auto& call = calls_[stream];
  ++host_->calls;
  call.begun = Clock::now();
  call.deadline = call.begun + seconds(host_->options.request_seconds);
}

void Connection::add_field(CallState& call, std::string_view name, std::string_view value) {
  // As RFC 9113 counts a list of fields.
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
    fail_http(413, "the call's metadata have more than {} bytes", options.max_metadata_bytes);
  }
  if (call.method == nullptr) fail_http(501, "there is no method '{}'", call.path);
  if (host_->stopping) fail_http(503, "the server is stopping");
  if (call.method->guarded && !http::is_authorised(call.authorization, options.token)) {
    fail_http(401, "this needs the metadata 'authorization: Bearer TOKEN' with the server's token");
  }
  // A few are everybody's: one client's many do not keep others out.
  if (host_->calls > options.max_calls_together && calls_.size() > kOwnCalls) {
    fail_http(503, "too many calls at the same time");
  }
  if (!call.timeout.empty()) {
    const auto timeout = read_timeout(call.timeout);
    if (!timeout) fail_http(400, "grpc-timeout is '{}'", call.timeout);
    call.deadline =
        std::min(call.deadline, call.begun + std::chrono::duration_cast<Clock::duration>(*timeout));
  }
  const auto coding = http::coding_of(call.encoding);
  if (!coding)
    fail_http(501, "grpc-encoding is '{}'; identity, gzip and deflate are understood", call.encoding);
  call.body.emplace(call.method->max_message_bytes, *coding, host_->budget);
}

void Connection::end_head(int32_t stream, CallState& call) {
  if (call.stage != CallState::Stage::kHead) return;
  call.stage = CallState::Stage::kMessage;
  // What is no gRPC at all is told so as HTTP does.
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
  } catch (...) {  // A line less in a log is not worth a connection.
  }
}

}  // namespace focus::rpc
