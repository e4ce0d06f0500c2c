// Where time and arithmetic go: named, nested spans, collected only while a thread records.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace focus {

/// The totals of a span over all its calls.
struct ProfileSpan {
  std::string path;    ///< names from the outermost span on: "encoder/layer0"
  int64_t calls = 0;   ///< times the span was opened
  double seconds = 0;  ///< wall time, spans inside included
  int64_t macs = 0;    ///< multiply-accumulates counted, spans inside included
};

/// What one thread did while it recorded.
class Profile {
 public:
  /// All spans, each before those inside it, in the order they were first opened. Call when none is open.
  std::vector<ProfileSpan> spans() const;

  /// Multiply-accumulates of all spans, and those counted outside of any.
  int64_t macs() const { return nodes_.front().span.macs; }

 private:
  friend class ProfileScope;
  friend void count_macs(int64_t macs);

  struct Node {
    ProfileSpan span;
    size_t parent = 0;
    int64_t passed_on = 0;  ///< multiply-accumulates already added to the parent
    std::vector<size_t> children;
  };

  void open(std::string_view name, int64_t index);
  void close(double seconds);
  void append(size_t node, std::vector<ProfileSpan>& spans) const;

  std::vector<Node> nodes_{1};  // The first is the root, without a name.
  size_t open_ = 0;
};

/// The profile the calling thread records into; null when it does not record.
extern constinit thread_local Profile* recorded_profile;

/// Makes the calling thread record into `profile` while this exists. Other threads are not recorded.
class ProfileRecording {
 public:
  explicit ProfileRecording(Profile& profile) : outer_(recorded_profile) { recorded_profile = &profile; }
  ~ProfileRecording() { recorded_profile = outer_; }
  ProfileRecording(const ProfileRecording&) = delete;
  ProfileRecording& operator=(const ProfileRecording&) = delete;

 private:
  Profile* outer_;
};

/// A span from here to the end of the scope. Costs one test of a pointer if the thread does not record.
class ProfileScope {
 public:
  /// @param index appended to the name unless negative: "layer", 3 -> "layer3"
  explicit ProfileScope(std::string_view name, int64_t index = -1) : profile_(recorded_profile) {
    if (profile_) open(name, index);
  }
  ~ProfileScope() { end(); }
  ProfileScope(const ProfileScope&) = delete;
  ProfileScope& operator=(const ProfileScope&) = delete;

  /// Ends the span here and begins the one that follows it.
  void next(std::string_view name) {
    end();
    profile_ = recorded_profile;
    if (profile_) open(name, -1);
  }

  /// Ends the span before its scope does.
  void end() {
    if (profile_) close();
  }

 private:
  void open(std::string_view name, int64_t index);
  void close();

  Profile* profile_;
  std::chrono::steady_clock::time_point start_;
};

/// Adds multiply-accumulates to the innermost open span.
inline void count_macs(int64_t macs) {
  if (recorded_profile) recorded_profile->nodes_[recorded_profile->open_].span.macs += macs;
}

}  // namespace focus
