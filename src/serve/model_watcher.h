// Looks at the models' files now and then, on a thread of its own.
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
  /// @param changed told of each change, from the watcher's thread; what it throws is dropped
  /// Throws Error if the thread cannot be made.
  ModelWatcher(ModelRepository& models, double seconds, std::function<void(const ModelChange&)> changed);
  /// Waits for a model that is being loaded.
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
