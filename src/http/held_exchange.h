// The exchange passed to handlers.
#pragma once

#include <atomic>
#include <memory>

#include "http/byte_budget.h"
#include "http/exchange.h"
#include "http/inflate.h"
#include "http/mailbox.h"
#include "http/router.h"

namespace focus::http {

class HeldExchange final : public Exchange {
 public:
  struct Origin {
    std::shared_ptr<Mailbox> mailbox;
    std::weak_ptr<Session> session;
    uint64_t request = 0;
  };
  HeldExchange(Request request, HeldBytes held, Clock::time_point deadline, Cancelled cancelled,
               Origin origin);
  ~HeldExchange() override;

  const Request& request() const override { return request_; }
  std::string take_body() override { return std::move(request_.body); }
  Clock::time_point deadline() const override { return deadline_; }
  Cancelled cancelled() const override { return cancelled_; }
  void answer(Response response) override;
  void answer_error(std::exception_ptr error) override;

  /// Decompresses the body. Throws HttpError.
  void unpack(Coding coding, size_t max_bytes);

 private:
  Request request_;
  HeldBytes held_;
  const Clock::time_point deadline_;
  const Cancelled cancelled_;
  const Origin origin_;
  std::atomic<bool> answered_{false};
};

/// Decompresses the body, calls the handler, and answers with any exception. Drops a request that nobody
/// waits for any more.
void handle(const Route& route, const std::shared_ptr<HeldExchange>& exchange, Coding coding,
            size_t max_body_bytes) noexcept;

/// The same with Route::at_sight. False if the handler must be called.
bool handle_at_sight(const Route& route, const std::shared_ptr<HeldExchange>& exchange) noexcept;

}  // namespace focus::http
