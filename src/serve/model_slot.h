// The model a server answers with, which may be replaced while it runs.
#pragma once

#include <filesystem>
#include <memory>
#include <mutex>
#include <string>

#include "detector/detector.h"

namespace focus::serve {

/// Thread-safe.
class ModelSlot {
 public:
  /// Loads the file. Throws as Detector's constructor and load_model do.
  explicit ModelSlot(std::filesystem::path path, const detector::Placement& placement = {});

  /// The model of now; it stays usable for as long as somebody has it.
  std::shared_ptr<detector::Detector> get() const;
  /// The file's name without its extension.
  std::string name() const { return path_.stem().string(); }

  enum class Reload { kUnchanged, kDone, kFailed };
  /// Loads the file again if it was written since. What cannot be loaded leaves the old model in place and
  /// is told once, in `message`.
  Reload reload_if_changed(std::string& message);

 private:
  struct Stamp {
    std::filesystem::file_time_type time;
    uintmax_t bytes = 0;
    bool operator==(const Stamp&) const = default;
  };
  Stamp stamp() const;

  std::filesystem::path path_;
  detector::Placement placement_;
  Stamp seen_;
  mutable std::mutex mutex_;
  std::shared_ptr<detector::Detector> detector_;
};

}  // namespace focus::serve
