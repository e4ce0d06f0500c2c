// One client's connection.
#pragma once

#include <nghttp2/nghttp2.h>

#include <array>
#include <boost/asio/ip/tcp.hpp>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "rpc/call_state.h"
#include "rpc/frame_meter.h"
#include "rpc/host.h"

namespace focus::rpc {

/// HTTP/2, implemented with nghttp2. All methods run on the thread of connections.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(std::shared_ptr<Host> host, boost::asio::ip::tcp::socket socket);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void start();
  /// Ends calls and connections that are past their deadlines.
  void look(Clock::time_point now);
  /// Accepts no more calls, and closes once those in progress are answered. Messages have to arrive by
  /// `messages_until`.
  void stop(Clock::time_point messages_until);
  /// Closes at once; calls are cancelled.
  void close();
  bool is_closed() const { return closed_; }

  bool is_idle() const { return calls_.empty(); }
  Clock::time_point idle_since() const { return idle_since_; }

  /// Answers the call of that stream, if it is not over yet.
  void answer(int32_t stream, const Status& status, std::string message);

 private:
  using SessionPointer = std::unique_ptr<nghttp2_session, void (*)(nghttp2_session*)>;

  static SessionPointer make_session(Connection* connection);
  CallState* find(int32_t stream);

  void read();
  void write();
  void received(size_t size);
  /// Accepts no more calls. Reads on for a moment, so that the client sees the answers.
  void finish();
  void linger();

  // Called by nghttp2.
  void begin_call(int32_t stream);
  void add_field(CallState& call, std::string_view name, std::string_view value);
  void end_head(int32_t stream, CallState& call);
  void add_data(int32_t stream, CallState& call, std::string_view data);
  void end_message(int32_t stream, CallState& call);
  void end_call(int32_t stream);
  ssize_t read_answer(int32_t stream, uint8_t* buffer, size_t size, uint32_t* flags);
  /// Checks a head. Throws HttpError if the call is refused.
  void judge(CallState& call);
  void report(const CallState& call, int status) const;

  std::shared_ptr<Host> host_;
  boost::asio::ip::tcp::socket socket_;
  std::string client_;
  SessionPointer session_;
  std::map<int32_t, CallState> calls_;
  std::array<uint8_t, size_t{16} << 10> input_;
  std::string output_;
  FrameMeter meter_;
  Clock::time_point idle_since_, unfinished_since_, writing_since_, lingers_until_;
  bool hearing_ = false;  ///< nghttp2 is processing input, and must not be asked for output
  bool reading_ = false, writing_ = false, finishing_ = false, lingering_ = false, closed_ = false;
};

using ConnectionPointer = std::shared_ptr<Connection>;

}  // namespace focus::rpc
