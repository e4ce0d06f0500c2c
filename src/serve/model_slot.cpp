#include "serve/model_slot.h"

namespace focus::serve {

ModelSlot::ModelSlot(std::filesystem::path path, const detector::Placement& placement)
    : path_(std::move(path)), placement_(placement), seen_(stamp()) {
  detector_ = std::make_shared<detector::Detector>(detector::load_model(path_), placement_);
}

std::shared_ptr<detector::Detector> ModelSlot::get() const {
  const std::lock_guard lock(mutex_);
  return detector_;
}

ModelSlot::Stamp ModelSlot::stamp() const {
  std::error_code error;  // A file that is being replaced may be missing for a moment.
  Stamp stamp;
  stamp.time = std::filesystem::last_write_time(path_, error);
  stamp.bytes = std::filesystem::file_size(path_, error);
  return error ? Stamp{} : stamp;
}

ModelSlot::Reload ModelSlot::reload_if_changed(std::string& message) {
  const auto now = stamp();
  if (now == Stamp{} || now == seen_) return Reload::kUnchanged;
  seen_ = now;
  try {
    auto loaded = std::make_shared<detector::Detector>(detector::load_model(path_), placement_);
    const std::lock_guard lock(mutex_);
    detector_ = std::move(loaded);
    message = path_.string() + ": loaded anew";
    return Reload::kDone;
  } catch (const std::exception& error) {
    message = std::string(error.what()) + "; the model before it stays";
    return Reload::kFailed;
  }
}

}  // namespace focus::serve
