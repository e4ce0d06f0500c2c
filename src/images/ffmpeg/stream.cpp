// Videos by address. A thread reads, so that a live stream stays near the present however long detection
// takes.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <thread>

#include "base/error.h"
#include "images/ffmpeg/frame_reader.h"
#include "images/video.h"

namespace focus::images {
namespace {

using Clock = std::chrono::steady_clock;
using ffmpeg::FrameReader;

double seconds_between(Clock::time_point from, Clock::time_point to) {
  return std::chrono::duration<double>(to - from).count();
}

class Stream : public Video {
 public:
  Stream(const std::string& address, const StreamSettings& settings)
      : address_(ffmpeg::stream_address(address)), settings_(settings) {
    // Only one attempt: a mistyped address should be reported at once.
    reader_ = open();
    rate_ = reader_->frames_a_second();
    aspect_ = reader_->pixel_aspect();
    live_ = reader_->is_live();
    drops_ = live_ && !reader_->is_fetched_in_pieces();
    frames_told_ = live_ ? 0 : reader_->frames();
    thread_ = std::thread([this] { read_all(); });
  }

  ~Stream() override {
    leaving_ = true;
    changed_.notify_all();
    thread_.join();
  }

  std::optional<VideoFrame> next() override {
    std::unique_lock lock(mutex_);
    // Poll, because a signal handler cannot notify the condition variable.
    while (true) {
      const auto notes = std::exchange(notes_, {});
      lock.unlock();
      for (const auto& text : notes) say(text);
      lock.lock();
      if (!queue_.empty() || ended_ || stopped()) break;
      changed_.wait_for(lock, kPoll);
    }
    if (stopped()) return std::nullopt;
    constexpr double kOld = 2;
    const auto now = Clock::now();
    while (drops_ && queue_.size() > 1 && seconds_between(queue_.front().came, now) > kOld) drop_oldest();
    if (queue_.empty()) {
      if (thrown_) std::rethrow_exception(std::exchange(thrown_, nullptr));
      if (skipped_ > 0)
        say(fmt::format("{} frames were skipped to keep up with it", std::exchange(skipped_, 0)));
      return std::nullopt;
    }
    VideoFrame frame = std::move(queue_.front().frame);
    bytes_ -= frame.image.bytes();
    queue_.pop_front();
    changed_.notify_all();
    return frame;
  }

  double frames_a_second() const override { return rate_; }
  double pixel_aspect() const override { return aspect_; }
  int64_t frames() const override { return frames_told_; }

  std::optional<std::string> shortfall() const override {
    const std::lock_guard lock(mutex_);
    return shortfall_;
  }

 private:
  struct Waiting {
    VideoFrame frame;
    Clock::time_point came;
  };
  static constexpr auto kPoll = std::chrono::milliseconds(50);

  bool stopped() const { return leaving_ || (settings_.stopped && settings_.stopped()); }

  std::unique_ptr<FrameReader> open() const {
    return std::make_unique<FrameReader>(address_, settings_.timeout, [this] { return stopped(); });
  }

  void drop_oldest() {
    bytes_ -= queue_.front().frame.image.bytes();
    queue_.pop_front();
    ++skipped_;
  }

  void put(VideoFrame frame) {
    constexpr size_t kMostFrames = 64, kMostBytes = size_t{256} << 20;
    std::unique_lock lock(mutex_);
    const auto is_full = [&] { return queue_.size() >= kMostFrames || bytes_ >= kMostBytes; };
    while (!drops_ && is_full() && !stopped()) changed_.wait_for(lock, kPoll);
    while (drops_ && is_full()) drop_oldest();
    bytes_ += frame.image.bytes();
    queue_.push_back({std::move(frame), Clock::now()});
    changed_.notify_all();
  }

  void note(std::vector<std::string> texts) {
    const std::lock_guard lock(mutex_);
    for (auto& text : texts) notes_.push_back(std::move(text));
    changed_.notify_all();
  }

  void read_all() {
    std::exception_ptr thrown;
    try {
      while (read_until_lost() && reconnect()) {
      }
    } catch (...) {
      thrown = std::current_exception();
    }
    reader_.reset();
    const std::lock_guard lock(mutex_);
    thrown_ = thrown;
    ended_ = true;
    changed_.notify_all();
  }

  /// Reads frames until the end. Returns whether the connection was lost and should be tried again.
  bool read_until_lost() {
    const bool by_clock = live_ && reader_->is_without_times();
    std::optional<double> shift;
    ++connections_;
    while (!stopped()) {
      auto frame = reader_->next();
      // Notes on the frames are needed only for the first connection.
      if (auto notes = reader_->take_notes(); connections_ == 1) note(std::move(notes));
      if (!frame) break;
      attempts_ = 0;
      const auto now = Clock::now();
      if (taken_++ == 0) first_ = now;
      const double passed = seconds_between(first_, now);
      if (live_) {
        // The stream's clock restarts with each connection; the time between is measured by ours.
        if (!shift) shift = passed - frame->seconds;
        const double time = by_clock ? passed : frame->seconds + *shift;
        frame->seconds = taken_ == 1 ? 0 : std::max(time, last_ + kLeast);
        if (by_clock) frame->duration = 0;
        last_ = frame->seconds;
      }
      put(std::move(*frame));
    }
    if (stopped()) return false;
    if (!live_) {
      const auto missing = reader_->shortfall();
      const std::lock_guard lock(mutex_);
      shortfall_ = missing;
      return false;
    }
    how_lost_ = reader_->ending() == FrameReader::Ending::kSilent
                    ? fmt::format("nothing came for {:g} s", settings_.timeout)
                    : "the connection ended";
    return true;
  }

  /// Tries again, with growing pauses. Returns whether there is a new reader; if not, shortfall_ says why.
  bool reconnect() {
    constexpr double kFirst = 1, kLongest = 30;
    reader_.reset();
    // A stream that never delivered a frame was not lost.
    while (taken_ > 0 && attempts_ < settings_.reconnects) {
      const double pause = std::min(kFirst * std::exp2(attempts_++), kLongest);
      note({fmt::format("lost after {} frames: {}; trying again in {:g} s", taken_, how_lost_, pause)});
      const auto until = Clock::now() + std::chrono::duration<double>(pause);
      while (Clock::now() < until) {
        if (stopped()) return false;
        std::this_thread::sleep_for(kPoll);
      }
      try {
        reader_ = open();
        return true;
      } catch (const Error& error) {
        if (stopped()) return false;
        how_lost_ = error.what();
        // The address is added to the message elsewhere.
        if (how_lost_.rfind(address_.shown + ": ", 0) == 0) how_lost_.erase(0, address_.shown.size() + 2);
      }
    }
    const std::lock_guard lock(mutex_);
    shortfall_ = taken_ == 0 ? "no frame could be read: " + how_lost_
                             : fmt::format("lost after {} frames: {}", taken_, how_lost_);
    if (attempts_ > 0) *shortfall_ += fmt::format("; {} attempts to open it again failed", attempts_);
    return false;
  }

  static constexpr double kLeast = 1e-3;  ///< seconds between two frames

  const ffmpeg::MediaAddress address_;
  const StreamSettings settings_;
  double rate_ = 0, aspect_ = 1;
  bool live_ = false, drops_ = false;
  int64_t frames_told_ = 0;
  std::atomic<bool> leaving_{false};

  // Used only by the thread that reads.
  std::unique_ptr<FrameReader> reader_;
  int64_t taken_ = 0;
  Clock::time_point first_;
  double last_ = 0;
  std::string how_lost_;
  int attempts_ = 0;  ///< to reconnect since the last frame
  int64_t connections_ = 0;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Waiting> queue_;
  size_t bytes_ = 0;
  int64_t skipped_ = 0;
  bool ended_ = false;
  std::exception_ptr thrown_;
  std::optional<std::string> shortfall_;
  std::vector<std::string> notes_;
  std::thread thread_;
};

}  // namespace

std::unique_ptr<Video> open_stream(const std::string& address, const StreamSettings& settings) {
  return std::make_unique<Stream>(address, settings);
}

}  // namespace focus::images
