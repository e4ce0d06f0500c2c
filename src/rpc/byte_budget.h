// How many bytes may be held at the same time, by all calls together.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <utility>

namespace focus::rpc {

/// Thread-safe.
class ByteBudget {
 public:
  explicit ByteBudget(size_t limit) : limit_(limit) {}
  ByteBudget(const ByteBudget&) = delete;
  ByteBudget& operator=(const ByteBudget&) = delete;

  size_t used() const { return used_; }

  /// What one call has of it; given back at its end.
  class Share {
   public:
    explicit Share(std::shared_ptr<ByteBudget> budget) : budget_(std::move(budget)) {}
    Share(Share&& other) noexcept : budget_(other.budget_), bytes_(std::exchange(other.bytes_, 0)) {}
    Share& operator=(Share&&) = delete;
    ~Share() { give_back(); }

    /// Takes more; false, and nothing taken, if there is not as much.
    bool grow(size_t bytes) {
      if (budget_->used_.fetch_add(bytes) + bytes > budget_->limit_) {
        budget_->used_ -= bytes;
        return false;
      }
      bytes_ += bytes;
      return true;
    }
    void give_back() { budget_->used_ -= std::exchange(bytes_, 0); }

   private:
    std::shared_ptr<ByteBudget> budget_;
    size_t bytes_ = 0;
  };

 private:
  const size_t limit_;
  std::atomic<size_t> used_{0};
};

}  // namespace focus::rpc
