#include "rpc/connection.h"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>
#include <new>
#include <utility>
#include <vector>

namespace focus::rpc {
namespace {

using boost::asio::ip::tcp;
using http::seconds_of;

/// Bytes a client may send before it has to wait for a window update: enough for fast clients with long round
/// trips.
constexpr int32_t kStreamWindow = 1 << 20, kConnectionWindow = 8 << 20;
/// How long a finished connection is still read from: closing at once could reset it before the client has
/// read.
constexpr auto kLinger = std::chrono::seconds(1);
/// Bytes written at once.
constexpr size_t kMostOutput = size_t{64} << 10;

std::string_view text(const uint8_t* data, size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

/// Runs a callback of nghttp2. Exceptions must not pass through it, as it is written in C.
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
        // Tell a client that was answered before it sent everything that the rest is not needed.
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
  // Do not read from a client that does not read its answers.
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
  // nghttp2 answers most violations of HTTP/2 itself, by a GOAWAY that is written below. After a fatal error
  // it cannot go on.
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
  const auto patience = seconds_of(host_->options.request_seconds);
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
    // The client has not read the answer: it gets the same time again.
    if (call.stage == CallState::Stage::kAnswered) {
      if (now >= call.deadline + patience) stuck.push_back(stream);
    } else {
      slow = slow || call.stage == CallState::Stage::kHead;
      late.push_back(stream);
    }
  }
  for (const auto stream : late) {
    const auto& call = calls_.at(stream);
    if (call.stage == CallState::Stage::kHead)
      continue;  // Fields may still arrive for it, so the whole connection is closed.
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
  if (calls_.empty() && now - idle_since_ >= seconds_of(host_->options.idle_seconds)) return finish();
  write();
}

}  // namespace focus::rpc
