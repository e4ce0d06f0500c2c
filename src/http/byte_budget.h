// A limit on the memory of all bodies together.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace focus::http {

/// Limits the bytes that several holders have at the same time. Thread-safe.
class ByteBudget {
 public:
  explicit ByteBudget(size_t bytes) : bytes_(bytes) {}

  bool take(size_t count);
  void give_back(size_t count) { used_ -= count; }
  /// True if that many bytes could be taken now.
  bool has_room(size_t count) const {
    const size_t used = used_;
    return used <= bytes_ && count <= bytes_ - used;
  }
  size_t used() const { return used_; }

 private:
  const size_t bytes_;
  std::atomic<size_t> used_{0};
};

/// The bytes of a budget that one holder has taken; its destructor gives them back.
class HeldBytes {
 public:
  HeldBytes() = default;
  explicit HeldBytes(std::shared_ptr<ByteBudget> budget) : budget_(std::move(budget)) {}
  HeldBytes(HeldBytes&& other) noexcept : budget_(std::move(other.budget_)), held_(other.held_) {
    other.held_ = 0;
  }
  HeldBytes& operator=(HeldBytes&& other) noexcept;
  ~HeldBytes() { give_back(); }

  /// Throws HttpError 503 if the budget is used up.
  void take(size_t count);
  void give_back();
  size_t held() const { return held_; }
  const std::shared_ptr<ByteBudget>& budget() const { return budget_; }

 private:
  std::shared_ptr<ByteBudget> budget_;
  size_t held_ = 0;
};

/// Appends to a text whose memory is taken from a budget as it grows, up to `most` bytes: what a client
/// announces takes no memory before it arrives.
void append_held(std::string& text, std::string_view more, size_t most, HeldBytes& held);

}  // namespace focus::http
