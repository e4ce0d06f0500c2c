#include "serve/run_jobs.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "detector/tiles.h"
#include "http/error.h"

namespace focus::serve {
namespace {

/// Runs the model of a batch and counts its calls.
class Runner {
  template <typename Call>
  auto counted(size_t images, const Call& call) {
    if (std::exchange(begun_, true) && between_) between_();
    if (stop_()) http::fail_http(503, "no answer in time");
    // Other jobs may have run the model in between.
    model_.detector->set_keep_ratio(keep_ratio_);
    const auto begin = Clock::now();
    auto result = call();
    model_.statistics->count_execution(static_cast<int64_t>(images), Clock::now() - begin);
    return result;
  }

 public:
  Runner(const Job& job, const std::function<bool()>& stop, const std::function<void()>& between)
      : model_(*job.model), keep_ratio_(job.look.keep_ratio), stop_(stop), between_(between) {}

  std::vector<std::vector<detector::Detection>> detect(const std::vector<images::Image>& images,
                                                       const detector::DetectOptions& options) {
    return counted(images.size(), [&] { return model_.detector->detect(images, options); });
  }
  explain::Explanation explain(const images::Image& image, const detector::DetectOptions& options) {
    return counted(1, [&] { return explain::explain(*model_.detector, image, options); });
  }

 private:
  const ServedModel& model_;
  const std::optional<double> keep_ratio_;
  const std::function<bool()>& stop_;
  const std::function<void()>& between_;
  bool begun_ = false;
};

std::vector<JobResult> detect_together(Runner& run, const std::vector<Job>& jobs) {
  detector::DetectOptions widest{1.0, 1};
  std::vector<images::Image> images;
  images.reserve(jobs.size());
  for (const auto& job : jobs) {
    images.push_back(job.image);
    widest.threshold = std::min(widest.threshold, job.look.options.threshold);
    widest.max_detections = std::max(widest.max_detections, job.look.options.max_detections);
  }
  auto found = run.detect(images, widest);
  std::vector<JobResult> results(jobs.size());
  for (size_t i = 0; i < jobs.size(); ++i) {
    const auto& own = jobs[i].look.options;
    std::erase_if(found[i], [&](const auto& detection) { return detection.score < own.threshold; });
    if (static_cast<int64_t>(found[i].size()) > own.max_detections) {
      found[i].resize(static_cast<size_t>(own.max_detections));
    }
    results[i].detections = std::move(found[i]);
  }
  return results;
}

JobResult run_alone(Runner& run, const Job& job, int64_t max_batch) {
  JobResult result;
  const auto& options = job.look.options;
  if (job.look.explain) {
    auto explanation = run.explain(job.image, options);
    result.detections = explanation.detections;
    result.explanation = std::move(explanation);
  } else {
    result.detections =
        detector::detect_in_tiles([&](const auto& images) { return run.detect(images, options); }, job.image,
                                  options.max_detections, job.look.tiles, max_batch);
  }
  return result;
}

}  // namespace

std::vector<JobResult> run_jobs(const std::vector<Job>& jobs, int64_t max_batch,
                                const std::function<bool()>& stop, const std::function<void()>& between) {
  const Job& first = jobs.front();
  Runner run(first, stop, between);
  if (!first.look.explain && first.look.tiles <= 1) return detect_together(run, jobs);
  return {run_alone(run, first, max_batch)};
}

}  // namespace focus::serve
