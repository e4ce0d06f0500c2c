#include "serve/metrics.h"

#include <prometheus/text_serializer.h>

namespace focus::serve {
namespace {

/// From a millisecond to half a minute, three steps a factor of ten.
const prometheus::Histogram::BucketBoundaries kSeconds{0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2,
                                                       0.5,   1,     2,     5,    10,   20,   30};
const prometheus::Histogram::BucketBoundaries kImages{1, 2, 4, 8, 16, 32, 64};

template <typename Builder>
auto& family(const Builder& builder, const char* name, const char* help, prometheus::Registry& registry) {
  return builder().Name(name).Help(help).Register(registry);
}

}  // namespace

Metrics::Metrics()
    : requests_(family(prometheus::BuildCounter, "focus_detr_requests_total",
                       "Requests answered, by route and status.", registry_)),
      request_seconds_(family(prometheus::BuildHistogram, "focus_detr_request_seconds",
                              "Time from a request's arrival to its answer.", registry_)),
      stage_seconds_(family(prometheus::BuildHistogram, "focus_detr_stage_seconds",
                            "Time of each stage of an image.", registry_)),
      reloads_(family(prometheus::BuildCounter, "focus_detr_reloads_total",
                      "Times the model file was read again, by success.", registry_)),
      batch_images_(family(prometheus::BuildHistogram, "focus_detr_batch_images", "Images that ran together.",
                           registry_)
                        .Add({}, kImages)),
      queue_length_(family(prometheus::BuildGauge, "focus_detr_queue_length",
                           "Images and tiles that wait or are being decoded.", registry_)
                        .Add({})),
      queue_bytes_(family(prometheus::BuildGauge, "focus_detr_queue_bytes",
                          "Bytes of decoded images that wait, are being decoded, or run.", registry_)
                       .Add({})) {}

void Metrics::count_request(const std::string& route, int status, double seconds) {
  requests_.Add({{"route", route}, {"status", std::to_string(status)}}).Increment();
  request_seconds_.Add({{"route", route}}, kSeconds).Observe(seconds);
}

void Metrics::observe_stage(const std::string& stage, double seconds) {
  stage_seconds_.Add({{"stage", stage}}, kSeconds).Observe(seconds);
}

void Metrics::observe_batch(int64_t images) { batch_images_.Observe(static_cast<double>(images)); }

void Metrics::set_queue(int64_t places, int64_t bytes) {
  queue_length_.Set(static_cast<double>(places));
  queue_bytes_.Set(static_cast<double>(bytes));
}

void Metrics::count_reload(bool success) {
  reloads_.Add({{"success", success ? "true" : "false"}}).Increment();
}

std::string Metrics::text() const { return prometheus::TextSerializer().Serialize(registry_.Collect()); }

}  // namespace focus::serve
