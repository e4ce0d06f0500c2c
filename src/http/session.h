// One connection.
#pragma once

#include <atomic>
#include <boost/asio/ip/tcp.hpp>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "http/byte_budget.h"
#include "http/held_exchange.h"
#include "http/request_reader.h"

namespace focus::http {

class Engine;

/// Lives on the thread of connections. Reads and writes only what the socket takes without waiting, so a
/// client holds nobody up; every state ends by a clock that no byte turns back. What throws closes this
/// connection and no other.
class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(Engine& engine, boost::asio::ip::tcp::socket socket, std::string client);

  void start() noexcept;
  /// For a client beyond those that can be looked after: says so and closes.
  void turn_away() noexcept;
  /// An answer from a handler.
  void take(Mail& mail) noexcept;
  /// Ten times a second.
  void look_at_clock(Clock::time_point now) noexcept;
  /// The server takes no more requests; one that has begun to come may do so for a moment.
  void stop() noexcept;
  /// The server's time is over.
  void end() noexcept;
  void close() noexcept;

  bool is_between_requests() const { return state_ == State::kReading && !reader_; }
  bool is_turned_away() const { return turned_away_; }
  bool is_lingering() const { return state_ == State::kLingering; }
  /// When the state that one of the above says began.
  Clock::time_point since() const { return since_; }

  /// Its place in the engine's list.
  std::list<std::shared_ptr<Session>>::iterator place;

 private:
  // nginx's status, for logs alone.
  static constexpr int kClientGone = 499;
  // For who was refused to notice, at least; more if the request's own time is not over.
  static constexpr double kLingerSeconds = 1;

  enum class State {
    kReading,    ///< a request, or waiting for one
    kComplete,   ///< it is there
    kHandling,   ///< a handler has it
    kWriting,    ///< its answer
    kLingering,  ///< has said its last, and drops what still comes: closing at once would reset the
                 ///< connection, and the client might never see the answer
    kClosed
  };
  enum class Received { kBytes, kNothing, kEnd, kFault };
  struct Refusal {
    Response response;
    std::string label;
  };

  template <typename Work>
  void guarded(Work&& work) noexcept;
  void advance() noexcept;
  /// Does one thing; false if that is to wait.
  bool step();
  bool read_more();
  bool watch_client();
  /// For a client that sends no more: learns whether it still reads.
  void try_client();
  void wait_for_reset();
  bool write_more();
  bool drop_more();

  /// What is there of at most that many bytes. If that is nothing, the session steps on when there is more.
  Received receive(size_t most, std::string_view& bytes);
  void wait_readable();
  void wait_writable();

  size_t parse(std::string_view bytes);
  void parse_pending();
  void begin_request();
  std::optional<Refusal> judge_head(bool body_has_begun);
  std::optional<Refusal> judge_options(const Router::Match& match);
  bool is_authorised(const Head& head) const;
  [[noreturn]] void fail_too_long() const;
  void take_body_bytes(std::string_view bytes);
  void dispatch();

  void refuse(Refusal refusal, bool rest_is_unread);
  void answer(Response response, std::string label, bool last);
  void finish_answer();
  void linger();
  void lose_client();
  void report(int status, std::string label);
  void forget_request();

  Engine& engine_;
  boost::asio::ip::tcp::socket socket_;
  const std::string client_;
  State state_ = State::kReading;
  Clock::time_point since_;
  bool advancing_ = false, waiting_readable_ = false, waiting_writable_ = false;
  bool readable_ = false;     ///< until a read found nothing
  bool has_pending_ = false;  ///< bytes in `pending_` that were not parsed in this state
  bool input_ended_ = false, turned_away_ = false, waiting_for_reset_ = false;
  std::string pending_;  ///< received, not yet taken

  // The request.
  std::unique_ptr<RequestReader> reader_;
  Clock::time_point started_, deadline_;
  const Route* route_ = nullptr;
  Coding coding_ = Coding::kNone;
  std::string body_;
  HeldBytes held_;
  std::string method_, path_;
  Fields cross_origin_;
  size_t body_bytes_ = 0;
  bool keeps_alive_ = false, is_http10_ = false, bodiless_ = false;

  // The handler that has it.
  uint64_t request_ = 0;
  std::weak_ptr<HeldExchange> exchange_;
  std::shared_ptr<std::atomic<bool>> cancelled_;
  size_t sent_ahead_ = 0;  ///< of its answer, to a client that sends no more
  Clock::time_point next_try_;

  // The answer.
  std::string head_out_;
  Response out_;
  size_t written_ = 0;
  bool last_ = false, rest_is_unread_ = false;
  size_t drops_left_ = 0;
};

}  // namespace focus::http
