// Metrics of a server, for Prometheus.
#pragma once

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <map>
#include <mutex>
#include <string>

namespace focus::serve {

/// Thread-safe.
class Metrics {
 public:
  Metrics();

  /// Counts an answered request. `route` must be one of a fixed set, or clients could make memory grow.
  void count_request(const std::string& route, int status, double seconds);
  /// Records the time of one stage of an image: "decode", "queue", "inference".
  void observe_stage(const std::string& stage, double seconds);
  void observe_batch(int64_t images);
  /// Counts a model that was "loaded", "reloaded" or "dropped", or that "failed" to load. All four exist from
  /// the start, so that alerting rules find them.
  void count_model_change(const std::string& what);
  /// Values of this moment; set them before calling text().
  struct Now {
    int64_t queue_length = 0;  ///< images and tiles that wait or are being decoded
    int64_t image_bytes = 0;   ///< of decoded images
    int64_t connections = 0;
    int64_t models = 0;
    uint64_t log_lines_lost = 0;
  };
  void set(const Now& now);

  /// In Prometheus's text format.
  std::string text() const;

 private:
  /// The metrics of a route and status. Kept, as finding them in the families needs strings to be built.
  struct OfRequests {
    prometheus::Counter* count = nullptr;
    prometheus::Histogram* seconds = nullptr;
  };
  const OfRequests& of_requests(const std::string& route, int status);

  prometheus::Registry registry_;
  prometheus::Family<prometheus::Counter>& requests_;
  prometheus::Family<prometheus::Histogram>& request_seconds_;
  prometheus::Family<prometheus::Histogram>& stage_seconds_;
  prometheus::Family<prometheus::Counter>& model_changes_;
  prometheus::Histogram& batch_images_;
  prometheus::Gauge &queue_length_, &image_bytes_, &connections_, &models_, &log_lines_lost_;
  std::mutex mutex_;
  std::map<int, std::map<std::string, OfRequests>> of_requests_;
};

}  // namespace focus::serve
