// Bytes that all bodies may take together.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace focus::http {

/// A bound on bytes that many hold at the same time. Thread-safe.
class ByteBudget {
 public:
  explicit ByteBudget(size_t bytes) : bytes_(bytes) {}

  bool take(size_t count);
  void give_back(size_t count) { used_ -= count; }
  /// True if as many could be taken now.
  bool has_room(size_t count) const {
    const size_t used = used_;
    return used <= bytes_ && count <= bytes_ - used;
  }
  size_t used() const { return used_; }

 private:
  const size_t bytes_;
  std::atomic<size_t> used_{0};
};

/// One holder's bytes of a budget; given back with it.
class HeldBytes {
 public:
  HeldBytes() = default;
  explicit HeldBytes(std::shared_ptr<ByteBudget> budget) : budget_(std::move(budget)) {}
  HeldBytes(HeldBytes&& other) noexcept : budget_(std::move(other.budget_)), held_(other.held_) {
    other.held_ = 0;
  }
  HeldBytes& operator=(HeldBytes&& other) noexcept;
  ~HeldBytes() { give_back(); }

  /// Throws HttpError 503 if the budget has no more.
  void take(size_t count);
  void give_back();
  size_t held() const { return held_; }
  const std::shared_ptr<ByteBudget>& budget() const { return budget_; }

 private:
  std::shared_ptr<ByteBudget> budget_;
  size_t held_ = 0;
};

/// Appends to a text whose room is taken from a budget, and never for more than `most` bytes: what a client
/// claims to send costs nothing before it comes.
void append_held(std::string& text, std::string_view more, size_t most, HeldBytes& held);

}  // namespace focus::http
