#include "serve/metrics.h"

#include <prometheus/text_serializer.h>

namespace focus::serve {
namespace {

/// From a millisecond to half a minute, three steps per factor of ten.
const prometheus::Histogram::BucketBoundaries kSeconds{0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2,
                                                       0.5,   1,     2,     5,    10,   20,   30};
const prometheus::Histogram::BucketBoundaries kImages{1, 2, 4, 8, 16, 32, 64};

template <typename Builder>
auto& family(const Builder& builder, const char* name, const char* help, prometheus::Registry& registry) {
  return builder().Name(name).Help(help).Register(registry);
}

prometheus::Gauge& gauge(const char* name, const char* help, prometheus::Registry& registry) {
  return family(prometheus::BuildGauge, name, help, registry).Add({});
}

}  // namespace

Metrics::Metrics()
    : requests_(family(prometheus::BuildCounter, "focus_detr_requests_total",
                       "Requests answered, by route and status.", registry_)),
      request_seconds_(family(prometheus::BuildHistogram, "focus_detr_request_seconds",
                              "Time from a request's arrival to its answer.", registry_)),
      stage_seconds_(family(prometheus::BuildHistogram, "focus_detr_stage_seconds",
                            "Time of each stage of an image.", registry_)),
      model_changes_(family(prometheus::BuildCounter, "focus_detr_model_changes_total",
                            "Models that were loaded, reloaded, dropped, or failed to load.", registry_)),
      batch_images_(
          family(prometheus::BuildHistogram, "focus_detr_batch_images", "Images per batch.", registry_)
              .Add({}, kImages)),
      queue_length_(
          gauge("focus_detr_queue_length", "Images and tiles that wait or are being decoded.", registry_)),
      image_bytes_(gauge("focus_detr_image_bytes", "Bytes of decoded images that wait or run.", registry_)),
      connections_(gauge("focus_detr_connections", "Connections that are open.", registry_)),
      models_(gauge("focus_detr_models", "Models that are served.", registry_)),
      log_lines_lost_(
          gauge("focus_detr_log_lines_lost", "Lines of the log that could not be written.", registry_)) {
  for (const char* change : {"loaded", "reloaded", "dropped", "failed"})
    model_changes_.Add({{"change", change}});
}

void Metrics::count_request(const std::string& route, int status, double seconds) {
  const auto& own = of_requests(route, status);
  own.count->Increment();
  own.seconds->Observe(seconds);
}

const Metrics::OfRequests& Metrics::of_requests(const std::string& route, int status) {
  const std::lock_guard lock(mutex_);
  auto& own = of_requests_[status][route];
  if (own.seconds == nullptr) {
    own.count = &requests_.Add({{"route", route}, {"status", std::to_string(status)}});
    own.seconds = &request_seconds_.Add({{"route", route}}, kSeconds);
  }
  return own;
}

void Metrics::observe_stage(const std::string& stage, double seconds) {
  stage_seconds_.Add({{"stage", stage}}, kSeconds).Observe(seconds);
}

void Metrics::observe_batch(int64_t images) { batch_images_.Observe(static_cast<double>(images)); }

void Metrics::count_model_change(const std::string& what) {
  model_changes_.Add({{"change", what}}).Increment();
}

void Metrics::set(const Now& now) {
  queue_length_.Set(static_cast<double>(now.queue_length));
  image_bytes_.Set(static_cast<double>(now.image_bytes));
  connections_.Set(static_cast<double>(now.connections));
  models_.Set(static_cast<double>(now.models));
  log_lines_lost_.Set(static_cast<double>(now.log_lines_lost));
}

std::string Metrics::text() const { return prometheus::TextSerializer().Serialize(registry_.Collect()); }

}  // namespace focus::serve
