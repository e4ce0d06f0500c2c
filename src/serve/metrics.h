// What a server counts, for Prometheus.
#pragma once

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

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
  /// Places that are taken in the queue, and bytes of decoded images (Batcher::waiting, Batcher::bytes).
  void set_queue(int64_t places, int64_t bytes);
  void count_reload(bool success);

  /// In Prometheus's text format.
  std::string text() const;

 private:
  prometheus::Registry registry_;
  prometheus::Family<prometheus::Counter>& requests_;
  prometheus::Family<prometheus::Histogram>& request_seconds_;
  prometheus::Family<prometheus::Histogram>& stage_seconds_;
  prometheus::Family<prometheus::Counter>& reloads_;
  prometheus::Histogram& batch_images_;
  prometheus::Gauge& queue_length_;
  prometheus::Gauge& queue_bytes_;
};

}  // namespace focus::serve
