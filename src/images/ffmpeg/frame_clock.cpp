#include "images/ffmpeg/frame_clock.h"

#include <algorithm>
#include <utility>

namespace focus::images::ffmpeg {

void FrameClock::settle(double time, std::vector<double>& settled) {
  last_ = time;
  settled.push_back(time);
}

/// The clock restarted with the last run of increasing times; wrong times before it are replaced by the usual
/// step.
void FrameClock::settle_anew(std::vector<double>& settled) {
  const auto waiting = std::exchange(waiting_, {});
  size_t run = waiting.size() - 1;
  while (run > 0 && waiting[run - 1] < waiting[run]) --run;
  for (size_t i = 0; i < run; ++i) settle(last_ + usual_, settled);
  const double move = last_ + usual_ - waiting[run];
  shift_ += move;
  for (size_t i = run; i < waiting.size(); ++i) settle(waiting[i] + move, settled);
}

/// Only the waiting times were wrong: these frames are shown between their neighbours.
void FrameClock::settle_between(double next, std::vector<double>& settled) {
  const auto waiting = std::exchange(waiting_, {});
  const double step = std::min(usual_, (next - last_) / static_cast<double>(waiting.size() + 1));
  for (size_t i = 0; i < waiting.size(); ++i) settle(last_ + step, settled);
}

std::vector<double> FrameClock::add(std::optional<double> told, double usual) {
  constexpr double kFar = 1, kFarFrames = 4;
  constexpr size_t kMostWaiting = 8;
  std::vector<double> settled;
  usual_ = usual;
  if (!started_) {
    started_ = true;
    settle(told.value_or(0), settled);
    return settled;
  }
  const double before = waiting_.empty() ? last_ : waiting_.back();
  const double time = told ? *told + shift_ : before + usual;
  const bool ahead = !waiting_.empty() && waiting_.front() > last_;
  if (ahead && (time > waiting_.front() || time <= last_)) {
    settle(waiting_.front(), settled);  // A gap, after which the video continues.
    waiting_.clear();
  } else if (!waiting_.empty() && time > last_) {
    settle_between(time, settled);
  }
  if (!waiting_.empty()) {
    const bool rises = time > waiting_.back();
    waiting_.push_back(time);
    if (rises || waiting_.size() >= kMostWaiting) settle_anew(settled);
    return settled;
  }
  const bool far = may_wait_ && time - last_ > std::max(kFar, kFarFrames * usual);
  if (time <= last_ || far) {
    waiting_.push_back(time);
  } else {
    settle(time, settled);
  }
  return settled;
}

std::vector<double> FrameClock::finish() {
  std::vector<double> settled;
  for (const double time : std::exchange(waiting_, {})) settle(time > last_ ? time : last_ + usual_, settled);
  return settled;
}

}  // namespace focus::images::ffmpeg
