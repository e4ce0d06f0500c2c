// A queue whose "detector" is a gate and a rule, for tests of what waits and what runs.
#pragma once

#include <condition_variable>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <thread>
#include <vector>

#include "images/test_images.h"
#include "serve/batcher.h"

namespace focus::test {

using Results = std::vector<serve::JobResult>;
using Flag = std::shared_ptr<std::atomic<bool>>;

inline Flag make_flag() { return std::make_shared<std::atomic<bool>>(false); }

inline serve::ServedModelPointer named_model(const std::string& name) {
  auto model = std::make_shared<serve::ServedModel>();
  model->name = name;
  return model;
}

/// An image whose width tells it from others.
inline serve::Job job_of(int width, serve::Look look = {}) {
  static const auto model = named_model("m");
  serve::Job job;
  job.model = model;
  job.image = images::noise_image({1, width}, 1);
  job.look = look;
  return job;
}

/// Finds one box as wide as the image, once the gate is open. An image 13 wide is unlucky.
struct BatchBench {
  explicit BatchBench(serve::BatcherOptions options)
      : batcher(options, [this](const std::vector<serve::Job>& jobs, const std::function<bool()>& stop) {
          {
            std::unique_lock lock(mutex);
            batches.push_back(jobs.size());
            models.push_back(jobs.front().model->name);
            changed.notify_all();
            changed.wait(lock, [&] { return open || stop(); });
          }
          if (stop()) throw std::runtime_error("stopped");
          Results results(jobs.size());
          for (size_t i = 0; i < jobs.size(); ++i) {
            if (jobs[i].image.width() == 13) throw std::runtime_error("unlucky");
            if (jobs[i].image.width() == 14) throw std::bad_alloc();
            if (jobs[i].image.width() == 15) throw 15;
            const double width = jobs[i].image.width();
            results[i].detections = {{0, 0, width, 1, 0.5, 0}};
          }
          return results;
        }) {}
  ~BatchBench() { open_gate(); }

  void open_gate() {
    const std::lock_guard lock(mutex);
    open = true;
    changed.notify_all();
  }
  /// Lets who waits at the gate look whether it is to stop.
  void knock() {
    const std::lock_guard lock(mutex);
    changed.notify_all();
  }
  /// Waits until so many batches have begun.
  void until_begun(size_t count) {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return batches.size() >= count; });
  }

  /// None if there is no room.
  std::optional<std::future<Results>> submit(std::vector<serve::Job> jobs) {
    serve::Room room;
    for (const auto& job : jobs) {
      room.places += serve::views_of(images::size_of(job.image), job.look);
      room.bytes += static_cast<int64_t>(job.image.bytes());
    }
    auto reservation = batcher.reserve(room, jobs.front().patience);
    if (!reservation) return std::nullopt;
    const auto promise = std::make_shared<std::promise<Results>>();
    batcher.submit(std::move(*reservation), std::move(jobs),
                   [promise](std::exception_ptr error, Results results) {
                     error ? promise->set_exception(error) : promise->set_value(std::move(results));
                   });
    return promise->get_future();
  }

  std::mutex mutex;
  std::condition_variable changed;
  bool open = false;
  std::vector<size_t> batches;
  std::vector<std::string> models;
  serve::Batcher batcher;
};

}  // namespace focus::test
