#include "http/byte_budget.h"

#include <algorithm>
#include <utility>

#include "http/error.h"

namespace focus::http {

bool ByteBudget::take(size_t count) {
  size_t used = used_;
  do {
    if (used > bytes_ || count > bytes_ - used) return false;
  } while (!used_.compare_exchange_weak(used, used + count));
  return true;
}

HeldBytes& HeldBytes::operator=(HeldBytes&& other) noexcept {
  if (this != &other) {
    give_back();
    budget_ = std::move(other.budget_);
    held_ = std::exchange(other.held_, 0);
  }
  return *this;
}

void HeldBytes::take(size_t count) {
  if (!budget_) return;
  if (!budget_->take(count))
    fail_http(503, "the server has no memory left for request bodies (its limit is reached); try again");
  held_ += count;
}

void HeldBytes::give_back() {
  if (budget_ && held_ > 0) budget_->give_back(held_);
  held_ = 0;
}

void append_held(std::string& text, std::string_view more, size_t most, HeldBytes& held) {
  const size_t needed = text.size() + more.size();
  if (needed > held.held()) {
    const size_t room = std::max(needed, std::min(most, held.held() + held.held() / 2));
    held.take(room - held.held());
    text.reserve(room);
  }
  text.append(more);
}

}  // namespace focus::http
