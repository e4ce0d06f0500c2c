#include "serve/model_watcher.h"

#include <chrono>
#include <exception>
#include <system_error>

#include "base/error.h"

namespace focus::serve {

ModelWatcher::ModelWatcher(ModelRepository& models, double seconds,
                           std::function<void(const ModelChange&)> changed) {
  if (seconds <= 0) return;
  const auto look = [&models, changed = std::move(changed)] {
    try {
      for (const auto& change : models.scan()) changed(change);
    } catch (const std::exception&) {
      // Out of memory, or an error of `changed`: the next scan may succeed.
    }
  };
  try {
    thread_ = std::thread([this, look, pause = std::chrono::duration<double>(seconds)] {
      std::unique_lock lock(mutex_);
      while (!ended_.wait_for(lock, pause, [this] { return end_; })) {
        lock.unlock();
        look();
        lock.lock();
      }
    });
  } catch (const std::system_error& error) {
    fail("cannot start the thread that looks for new models: {}; allow this user more threads or memory",
         error.code().message());
  }
}

ModelWatcher::~ModelWatcher() {
  {
    const std::lock_guard lock(mutex_);
    end_ = true;
  }
  ended_.notify_all();
  if (thread_.joinable()) thread_.join();
}

}  // namespace focus::serve
