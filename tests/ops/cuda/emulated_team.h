// The threads of a block, one after the other on the CPU: what the CUDA kernels' blocks are tested with. It
// also looks for what a GPU would punish now and then only: a thread that reads or overwrites what another
// one of its warp has written or read since the last barrier, or anything of another warp's, for which no
// barrier waits.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "ops/cuda/team.h"

namespace focus::test {

/// In which order threads take a step. Results may not depend on it.
enum class ThreadOrder { kUp, kDown };

template <typename Thread, typename Element>
class EmulatedTeam {
 public:
  /// Memory and states begin as bits that are NaN.
  EmulatedTeam(uint32_t block, int64_t shared_bytes, ThreadOrder order)
      : block_(block),
        order_(order),
        threads_(ops::cuda::kThreads),
        shared_(static_cast<size_t>(shared_bytes) / sizeof(Element)),
        uses_(shared_.size()) {
    std::memset(static_cast<void*>(threads_.data()), 0xFF, threads_.size() * sizeof(Thread));
    for (size_t i = 0; i < threads_.size(); ++i) threads_[i].thread = static_cast<int32_t>(i);
  }

  uint32_t block() const { return block_; }

  template <typename F>
  void each(F f) {
    for (int32_t i = 0; i < ops::cuda::kThreads; ++i) {
      current_ = order_ == ThreadOrder::kUp ? i : ops::cuda::kThreads - 1 - i;
      f(threads_[static_cast<size_t>(current_)]);
    }
  }

  void put(int32_t i, const Element& element) {
    Use& use = use_of(i);
    const bool written = use.write_epoch == epoch_ && use.writer != current_;
    const bool read = use.read_epoch == epoch_ && (use.many_readers || use.reader != current_);
    if (written || read) complain("overwrites what another thread uses", i);
    use.writer = current_;
    use.write_epoch = epoch_;
    shared_[static_cast<size_t>(i)] = element;
  }

  Element get(int32_t i) {
    Use& use = use_of(i);
    if (use.write_epoch < 0) complain("reads what nobody wrote", i);
    if (use.write_epoch == epoch_ && use.writer != current_)
      complain("reads what another thread just wrote", i);
    use.many_readers = use.read_epoch == epoch_ && (use.many_readers || use.reader != current_);
    use.reader = current_;
    use.read_epoch = epoch_;
    return shared_[static_cast<size_t>(i)];
  }

  void barrier() { ++epoch_; }

  /// As shuffles do it, so that sums are in the GPU's order.
  template <typename Member, typename Op>
  void reduce(int32_t lanes, Member member, Op op) {
    ASSERT_LE(lanes, ops::cuda::kWarp);
    for (int32_t step = lanes / 2; step > 0; step /= 2) {
      std::vector<Thread> before = threads_;
      for (size_t i = 0; i < threads_.size(); ++i) {
        member(threads_[i]) = op(member(before[i]), member(before[i ^ static_cast<size_t>(step)]));
      }
    }
  }

  /// What was first done wrongly with the memory; empty: nothing.
  const std::string& complaint() const { return complaint_; }

 private:
  struct Use {
    int64_t write_epoch = -1, read_epoch = -1;
    int32_t writer = 0, reader = 0, warp = -1;
    bool many_readers = false;
  };

  Use& use_of(int32_t i) {
    if (i < 0 || i >= static_cast<int32_t>(uses_.size())) {
      complain("is outside of shared memory", i);
      i = 0;
    }
    Use& use = uses_[static_cast<size_t>(i)];
    const int32_t warp = current_ / ops::cuda::kWarp;
    if (use.warp >= 0 && use.warp != warp) complain("uses what is another warp's", i);
    use.warp = warp;
    return use;
  }

  void complain(const char* what, int32_t i) {
    if (complaint_.empty())
      complaint_ = "thread " + std::to_string(current_) + " " + what + ": " + std::to_string(i);
  }

  uint32_t block_;
  ThreadOrder order_;
  std::vector<Thread> threads_;
  std::vector<Element> shared_;
  std::vector<Use> uses_;
  int64_t epoch_ = 0;
  int32_t current_ = 0;
  std::string complaint_;
};

/// Calls run(team) for every block.
template <typename Thread, typename Element, typename Run>
void emulate_blocks(int64_t blocks, int64_t shared_bytes, ThreadOrder order, Run run) {
  for (int64_t i = 0; i < blocks; ++i) {
    const int64_t block = order == ThreadOrder::kUp ? i : blocks - 1 - i;
    EmulatedTeam<Thread, Element> team(static_cast<uint32_t>(block), shared_bytes, order);
    run(team);
    ASSERT_EQ(team.complaint(), "") << "block " << block;
  }
}

}  // namespace focus::test
