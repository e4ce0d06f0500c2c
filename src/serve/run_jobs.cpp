#include "serve/run_jobs.h"

#include <algorithm>

#include "detector/tiles.h"

namespace focus::serve {
namespace {

std::vector<Finding> explain_each(const detector::Detector& model, const std::vector<Job>& jobs) {
  std::vector<Finding> findings;
  findings.reserve(jobs.size());
  for (const auto& job : jobs) {
    auto explanation = detector::explain(model, job.picture, job.options);
    auto detections = explanation.detections;
    findings.push_back({std::move(detections), std::move(explanation)});
  }
  return findings;
}

std::vector<Finding> detect_together(const detector::Detector& model, const std::vector<Job>& jobs) {
  detector::DetectOptions widest{1.0, 1};
  std::vector<data::Image> pictures;
  pictures.reserve(jobs.size());
  for (const auto& job : jobs) {
    pictures.push_back(job.picture);
    widest.threshold = std::min(widest.threshold, job.options.threshold);
    widest.max_detections = std::max(widest.max_detections, job.options.max_detections);
  }
  auto found = model.detect(pictures, widest);
  std::vector<Finding> findings;
  findings.reserve(jobs.size());
  for (size_t i = 0; i < jobs.size(); ++i) {
    const auto& own = jobs[i].options;
    std::erase_if(found[i], [&](const auto& detection) { return detection.score < own.threshold; });
    if (static_cast<int64_t>(found[i].size()) > own.max_detections) {
      found[i].resize(static_cast<size_t>(own.max_detections));
    }
    findings.push_back({std::move(found[i]), std::nullopt});
  }
  return findings;
}

std::vector<Finding> detect_in_parts(const detector::Detector& model, const std::vector<Job>& jobs) {
  std::vector<Finding> findings;
  findings.reserve(jobs.size());
  for (const auto& job : jobs) {
    findings.push_back({detector::detect_in_tiles(model, job.picture, job.options, job.tiles), std::nullopt});
  }
  return findings;
}

}  // namespace

std::vector<Finding> run_jobs(detector::Detector& model, const std::vector<Job>& jobs) {
  model.set_keep_ratio(jobs.front().keep_ratio);
  if (jobs.front().explain) return explain_each(model, jobs);
  return jobs.front().tiles > 1 ? detect_in_parts(model, jobs) : detect_together(model, jobs);
}

}  // namespace focus::serve
