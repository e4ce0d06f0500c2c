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

/// Runs on the thread of connections. Reads and writes only as much as the socket takes without blocking, so
/// no client delays others. Every state has a deadline, which arriving bytes do not extend. An exception
/// closes only this connection.
class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(Engine& engine, boost::asio::ip::tcp::socket socket, std::string client);

  void start() noexcept;
  /// For a client beyond max_connections: answers 503 and closes.
  void turn_away() noexcept;
  /// Takes an answer from a handler.
  void take(Mail& mail) noexcept;
  /// Checks the deadlines; called ten times a second.
  void look_at_clock(Clock::time_point now) noexcept;
  /// The server accepts no more requests; one that has begun to arrive gets a moment to complete.
  void stop() noexcept;
  /// The grace period is over: answers 503 to a request being handled, and closes.
  void end() noexcept;
  void close() noexcept;

  bool is_between_requests() const { return state_ == State::kReading && !reader_; }
  bool is_turned_away() const { return turned_away_; }
  bool is_lingering() const { return state_ == State::kLingering; }
  /// When the current state began, for is_between_requests() and is_lingering().
  Clock::time_point since() const { return since_; }

  /// Its place in the engine's list.
  std::list<std::shared_ptr<Session>>::iterator place;

 private:
  // The status nginx uses for this, in logs only.
  static constexpr int kClientGone = 499;
  // Least time for a refused client to read the answer; longer if the request's own time is not over.
  static constexpr double kLingerSeconds = 1;

  enum class State {
    kReading,    ///< reads a request, or waits for one
    kComplete,   ///< the request is complete
    kHandling,   ///< a handler has the request
    kWriting,    ///< writes the answer
    kLingering,  ///< has sent its last answer, and drops bytes that still arrive: closing at once would
                 ///< reset the connection, and the client might never see the answer
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
  /// Does one step; false if it has to wait.
  bool step();
  bool read_more();
  bool watch_client();
  /// For a client that sends no more: finds out whether it still reads.
  void try_client();
  void wait_for_reset();
  bool write_more();
  bool drop_more();

  /// Receives at most that many bytes without blocking. If there are none, the session continues when some
  /// arrive.
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
  bool readable_ = false;     ///< false once a read found nothing
  bool has_pending_ = false;  ///< `pending_` has bytes that were not parsed in this state
  bool input_ended_ = false, turned_away_ = false, waiting_for_reset_ = false;
  std::string pending_;  ///< received, not yet parsed

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

  // The handler of the request.
  uint64_t request_ = 0;
  std::weak_ptr<HeldExchange> exchange_;
  std::shared_ptr<std::atomic<bool>> cancelled_;
  size_t sent_ahead_ = 0;  ///< bytes of its answer sent ahead, to a client that sends no more
  Clock::time_point next_try_;

  // The answer.
  std::string head_out_;
  Response out_;
  size_t written_ = 0;
  bool last_ = false, rest_is_unread_ = false;
  size_t drops_left_ = 0;
};

}  // namespace focus::http
