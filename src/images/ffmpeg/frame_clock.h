// The times at which frames are shown, made of what a container tells, which may be wrong here and there.
#pragma once

#include <optional>
#include <vector>

namespace focus::images::ffmpeg {

/// Frames come in the order in which they are shown; times given are larger than those before. One wrong time
/// moves that frame alone; where the clock begins anew, as where two recordings are joined, time goes on. To
/// tell the two apart a doubtful frame waits for the next.
class FrameClock {
 public:
  /// @param may_wait for a frame whose time lies far ahead; else only for one that lies behind
  explicit FrameClock(bool may_wait = true) : may_wait_(may_wait) {}

  /// The next frame's time as told, seconds, and how long a frame is shown as a rule.
  /// Returns the times of those frames that are settled by it, the earliest that waited first.
  std::vector<double> add(std::optional<double> told, double usual);
  /// Times of the frames that still wait.
  std::vector<double> finish();

  /// Time of the last settled frame.
  double last() const { return last_; }
  /// What is added to told times now.
  double shift() const { return shift_; }

 private:
  void settle(double time, std::vector<double>& settled);
  void settle_anew(std::vector<double>& settled);
  void settle_between(double next, std::vector<double>& settled);

  bool may_wait_;
  bool started_ = false;
  double shift_ = 0, last_ = 0, usual_ = 0;
  std::vector<double> waiting_;  ///< told times, shifted; all behind last_, or one far ahead
};

}  // namespace focus::images::ffmpeg
