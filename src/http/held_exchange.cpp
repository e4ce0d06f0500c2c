#include "http/held_exchange.h"

#include "http/error.h"
#include "http/error_response.h"

namespace focus::http {

HeldExchange::HeldExchange(Request request, HeldBytes held, Clock::time_point deadline, Cancelled cancelled,
                           Origin origin)
    : request_(std::move(request)),
      held_(std::move(held)),
      deadline_(deadline),
      cancelled_(std::move(cancelled)),
      origin_(std::move(origin)) {}

HeldExchange::~HeldExchange() {
  if (answered_) return;
  try {
    origin_.mailbox->put({origin_.session, origin_.request, std::nullopt});
  } catch (const std::exception&) {
    // No memory for the mail: the session notices that its exchange is gone.
  }
}

void HeldExchange::answer(Response response) {
  if (answered_.exchange(true)) return;
  held_.give_back();
  origin_.mailbox->put({origin_.session, origin_.request, std::move(response)});
}

void HeldExchange::answer_error(std::exception_ptr error) { answer(error_response(error)); }

void HeldExchange::unpack(Coding coding, size_t max_bytes) {
  if (coding == Coding::kNone) return;
  HeldBytes held(held_.budget());
  auto body = inflated(request_.body, coding, max_bytes, held);
  request_.body = std::move(body);
  held_ = std::move(held);
}

namespace {

/// Runs `work` and answers with any exception it throws.
template <typename Work>
void answering_errors(HeldExchange& exchange, Work&& work) noexcept {
  try {
    try {
      work();
    } catch (const HttpError& refused) {
      // The common case, answered without throwing the exception again.
      exchange.answer(error_response(refused.status(), refused.what()));
    } catch (...) {
      exchange.answer_error(std::current_exception());
    }
  } catch (...) {
    // No memory even for the error: destroying the exchange answers it.
  }
}

}  // namespace

void handle(const Route& route, const std::shared_ptr<HeldExchange>& exchange, Coding coding,
            size_t max_body_bytes) noexcept {
  if (*exchange->cancelled()) return;
  answering_errors(*exchange, [&] {
    exchange->unpack(coding, max_body_bytes);
    route.handler(exchange);
  });
}

bool handle_at_sight(const Route& route, const std::shared_ptr<HeldExchange>& exchange) noexcept {
  bool is_over = true;
  answering_errors(*exchange, [&] { is_over = route.at_sight(exchange); });
  return is_over;
}

}  // namespace focus::http
