// Scans the models' files regularly, on a thread of its own.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include "serve/model_repository.h"

namespace focus::serve {

class ModelWatcher {
 public:
  /// Calls models.scan() every `seconds`; 0: never.
  /// @param changed called for each change on the watcher's thread; its exceptions are ignored
  /// Throws Error if the thread cannot be created.
  ModelWatcher(ModelRepository& models, double seconds, std::function<void(const ModelChange&)> changed);
  /// Waits until a model that is being loaded is done.
  ~ModelWatcher();
  ModelWatcher(const ModelWatcher&) = delete;
  ModelWatcher& operator=(const ModelWatcher&) = delete;

 private:
  std::mutex mutex_;
  std::condition_variable ended_;
  bool end_ = false;
  std::thread thread_;
};

}  // namespace focus::serve
