// What a server counts, for Prometheus.
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

  /// A request was answered. `route` is one of a fixed set, or memory would grow with what clients invent.
  void count_request(const std::string& route, int status, double seconds);
  /// Time of one stage of an image: "decode", "queue", "inference".
  void observe_stage(const std::string& stage, double seconds);
  void observe_batch(int64_t images);
  /// A model was loaded, reloaded or dropped, or could not be ("failed"). All four are there from the
  /// beginning, so that a rule that watches them has something to watch.
  void count_model_change(const std::string& what);
  /// What is so at this moment; set before the text is asked for.
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
  /// Those of a route and status, which the families find by texts that have to be made first.
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
