#include "http/engine.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <limits>

#include "http/error.h"
#include "http/held_exchange.h"
#include "http/listen.h"
#include "http/session.h"

namespace focus::http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

constexpr size_t kScratchBytes = size_t{64} << 10;
constexpr auto kTick = std::chrono::milliseconds(100);
// Most connections accepted in one go, before existing ones get their turn.
constexpr int kAcceptedTogether = 64;
// Most connections that get a 503 at the same time; further ones are closed without an answer.
constexpr size_t kTurnedAway = 64;
constexpr int64_t kNever = std::numeric_limits<int64_t>::max();

std::string text_of(const sockaddr_storage& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (address.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(address);
    inet_ntop(AF_INET, &v4.sin_addr, text.data(), text.size());
  } else if (address.ss_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address);
    inet_ntop(AF_INET6, &v6.sin6_addr, text.data(), text.size());
  }
  const std::string found = text.data();
  // An IPv4 client of a dual-stack socket.
  return found.starts_with("::ffff:") && found.find('.') != std::string::npos ? found.substr(7) : found;
}

}  // namespace

Engine::Engine(ServerOptions options, Router router, std::function<void(const Answered&)> answered)
    : options_(std::move(options)),
      router_(std::move(router)),
      answered_(std::move(answered)),
      budget_(std::make_shared<ByteBudget>(options_.max_body_bytes_together)),
      mailbox_(std::make_shared<Mailbox>()),
      scratch_(kScratchBytes),
      end_(kNever) {}

Engine::~Engine() { mailbox_->close(); }

int Engine::bind() {
  const int port = listen_on(acceptor_, options_.host, options_.port);
  acceptor_.native_non_blocking(true);
  return port;
}

void Engine::run(const std::function<void()>& tick) {
  workers_.start(std::max(options_.workers, 1));
  mailbox_->open([this] { asio::post(io_, [this] { deliver(); }); });
  const auto work = asio::make_work_guard(io_);
  wait_for_clients();
  auto next_look = Clock::now() + kTick;
  while (true) {
    if (!stopping_ && end_ != kNever) begin_stopping();
    const auto now = Clock::now();
    if (is_finished() || now >= end()) break;
    if (now >= next_look) {
      look_at_clock(tick);
      next_look = now + kTick;
    }
    try {
      io_.run_one_until(std::min(next_look, end()));
    } catch (const std::exception&) {
      // Sessions handle their own errors. What remains is lack of memory in the reactor, which can go on.
    }
  }
  // First, so that no worker starts a job while the sessions are being ended.
  workers_.close();
  while (!sessions_.empty()) std::shared_ptr<Session>(sessions_.front())->end();
  workers_.stop();
  mailbox_->close();
}

Clock::time_point Engine::end() const { return Clock::time_point(Clock::duration(end_)); }

void Engine::stop(double grace_seconds) {
  const int64_t wanted = (Clock::now() + seconds_of(grace_seconds)).time_since_epoch().count();
  int64_t end = end_;
  while (wanted < end && !end_.compare_exchange_weak(end, wanted)) {
  }
  try {
    asio::post(io_, [] {});
  } catch (const std::exception&) {
    // The loop checks ten times a second by itself.
  }
}

void Engine::begin_stopping() {
  stopping_ = true;
  boost::system::error_code ignored;
  try {
    // Clients in the queue connected before the server was stopped.
    accept_clients();
    acceptor_.close(ignored);
    const auto all = std::vector<std::shared_ptr<Session>>(sessions_.begin(), sessions_.end());
    for (const auto& session : all) session->stop();
  } catch (const std::exception&) {
    // Out of memory: the sessions end at their deadlines.
    acceptor_.close(ignored);
  }
}

void Engine::handle(const Route& route, std::shared_ptr<HeldExchange> exchange, Coding coding) {
  const bool at_once = route.runs == Runs::kAtOnce;
  if (coding == Coding::kNone && (at_once || route.at_sight)) {
    mailbox_->expect_reader();
    bool is_over = true;
    if (at_once) {
      http::handle(route, exchange, coding, options_.max_body_bytes);
    } else {
      is_over = handle_at_sight(route, exchange);
    }
    if (is_over) exchange.reset();
    deliver();
    if (is_over) return;
  }
  workers_.submit([this, &route, exchange = std::move(exchange), coding]() mutable {
    http::handle(route, exchange, coding, options_.max_body_bytes);
    exchange.reset();
  });
}

void Engine::deliver() noexcept {
  // An answer may start the next request of a connection, and that the next answer. Handle them in turn, not
  // nested.
  if (delivering_) return;
  delivering_ = true;
  for (auto mails = mailbox_->take_all(); !mails.empty(); mails = mailbox_->take_all()) {
    for (auto& mail : mails) {
      if (const auto session = mail.to.lock()) session->take(mail);
    }
  }
  delivering_ = false;
}

void Engine::report(const Answered& answered) noexcept {
  try {
    if (answered_) answered_(answered);
  } catch (...) {
    // A failing log must not stop the answers.
  }
}

void Engine::remove(Session& session) noexcept {
  if (session.is_turned_away()) --turned_away_;
  sessions_.erase(session.place);
  --connections_;
}

void Engine::wait_for_clients() {
  if (waiting_for_clients_ || !acceptor_.is_open()) return;
  acceptor_.async_wait(tcp::acceptor::wait_read, [this](boost::system::error_code error) {
    waiting_for_clients_ = false;
    // After an error, look_at_clock() tries again.
    if (error || stopping_) return;
    try {
      accept_clients();
    } catch (const std::exception&) {
      close_idle_one(true);
    }
  });
  waiting_for_clients_ = true;
}

void Engine::accept_clients() {
  if (!acceptor_.is_open()) return;
  for (int i = 0; i < kAcceptedTogether; ++i) {
    sockaddr_storage address{};
    socklen_t size = sizeof(address);
    const int handle = accept4(acceptor_.native_handle(), reinterpret_cast<sockaddr*>(&address), &size,
                               SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (handle >= 0) {
      if (!take_client(handle, address)) return;
      continue;
    }
    if (errno == EAGAIN || errno == EWOULDBLOCK) break;
    if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
      // The kernel reports this error even if no client is waiting.
      pollfd waiting{acceptor_.native_handle(), POLLIN, 0};
      if (poll(&waiting, 1, 0) == 0) break;
      // Out of files: close an idle connection; look_at_clock() tries again in a moment.
      close_idle_one(true);
      return;
    }
    // The client or its network is gone: go on with the next client.
  }
  wait_for_clients();
}

bool Engine::take_client(int handle, const sockaddr_storage& address) {
  const auto most = static_cast<size_t>(std::max(options_.max_connections, 1));
  const bool has_room = sessions_.size() - turned_away_ < most || close_idle_one(false);
  if (!has_room && turned_away_ >= kTurnedAway) {
    ::close(handle);
    return true;
  }
  const int yes = 1;
  setsockopt(handle, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
  std::shared_ptr<Session> session;
  bool is_owned = false;
  try {
    tcp::socket socket(io_);
    boost::system::error_code error;
    socket.assign(address.ss_family == AF_INET6 ? tcp::v6() : tcp::v4(), handle, error);
    is_owned = !error;
    if (is_owned) {
      session = std::make_shared<Session>(*this, std::move(socket), text_of(address));
      session->place = sessions_.insert(sessions_.end(), session);
      ++connections_;
    }
  } catch (const std::exception&) {
    // Out of memory; the socket closes itself.
    session.reset();
  }
  if (!is_owned) ::close(handle);
  if (!session) {
    close_idle_one(true);
    return false;
  }
  if (has_room) {
    session->start();
  } else {
    ++turned_away_;
    session->turn_away();
  }
  return true;
}

bool Engine::close_idle_one(bool with_turned_away) {
  Session* idle = nullptr;
  Session* lingering = nullptr;
  for (const auto& session : sessions_) {
    if (session->is_turned_away() && !with_turned_away) continue;
    if (!session->is_between_requests() && !session->is_lingering()) continue;
    auto& oldest = session->is_between_requests() ? idle : lingering;
    if (!oldest || session->since() < oldest->since()) oldest = session.get();
  }
  auto* chosen = idle ? idle : lingering;
  if (chosen) chosen->close();
  return chosen != nullptr;
}

void Engine::look_at_clock(const std::function<void()>& tick) {
  try {
    deliver();
    const auto now = Clock::now();
    const auto all = std::vector<std::shared_ptr<Session>>(sessions_.begin(), sessions_.end());
    for (const auto& session : all) session->look_at_clock(now);
    if (!stopping_ && !waiting_for_clients_) accept_clients();
    if (tick) tick();
  } catch (...) {
    // Out of memory, or an error of `tick`: the next call comes in a moment.
  }
}

}  // namespace focus::http
