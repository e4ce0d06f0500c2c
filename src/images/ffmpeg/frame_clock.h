// The times at which frames are shown, from the container's times, some of which may be wrong.
#pragma once

#include <optional>
#include <vector>

namespace focus::images::ffmpeg {

/// Frames are added in the order in which they are shown; the resulting times increase. One wrong time
/// affects only that frame; if the clock restarts, as where two recordings are joined, time continues. To
/// tell the two cases apart, a frame with a doubtful time waits for the next ones.
class FrameClock {
 public:
  /// @param may_wait whether frames with a time far ahead wait; those with a time behind always do
  explicit FrameClock(bool may_wait = true) : may_wait_(may_wait) {}

  /// Adds the next frame with its time from the container and the usual duration of a frame, in seconds.
  /// Returns the times of the frames that are now settled, in order.
  std::vector<double> add(std::optional<double> told, double usual);
  /// Returns the times of the frames that still wait.
  std::vector<double> finish();

  /// Time of the last settled frame.
  double last() const { return last_; }
  /// The offset that is now added to the container's times.
  double shift() const { return shift_; }

 private:
  void settle(double time, std::vector<double>& settled);
  void settle_anew(std::vector<double>& settled);
  void settle_between(double next, std::vector<double>& settled);

  bool may_wait_;
  bool started_ = false;
  double shift_ = 0, last_ = 0, usual_ = 0;
  std::vector<double> waiting_;  ///< the container's times, shifted; all before last_, or one far ahead
};

}  // namespace focus::images::ffmpeg
