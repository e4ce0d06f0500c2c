#include <ATen/Parallel.h>
#include <focus_detr/focus_detr.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <span>

#include "base/error.h"
#include "base/memory.h"
#include "base/threads.h"
#include "base/version.h"
#include "capi/boundary.h"
#include "capi/load_options.h"
#include "detector/detector.h"
#include "images/decode.h"
#include "images/image.h"
#include "images/limits.h"
#include "nn/device.h"
#include "nn/tensor_arena.h"
#include "nn/threads.h"

struct focus_detr_detector {
  focus::detector::Detector model;
  int threads;
};

struct focus_detr_detections {
  std::vector<focus_detr_detection> values;
};

namespace focus::capi {
namespace {

/// The number of threads is a setting of the calling thread, which is not ours: the destructor restores it.
class ThreadsOfCall {
 public:
  explicit ThreadsOfCall(int count) : before_(at::get_num_threads()) { nn::use_threads_here(count); }
  ~ThreadsOfCall() { nn::use_threads_here(before_); }
  ThreadsOfCall(const ThreadsOfCall&) = delete;
  ThreadsOfCall& operator=(const ThreadsOfCall&) = delete;

 private:
  int before_;
};

/// The positions of blue, green and red among the bytes of a pixel.
struct PixelLayout {
  int channels, blue, green, red;
};

PixelLayout layout_of(const focus_detr_image& image) {
  // In C an enumeration may hold any number, in C++ it may not: read it as an int.
  int format = 0;
  static_assert(sizeof(format) == sizeof(image.format));
  std::memcpy(&format, &image.format, sizeof(format));
  switch (format) {
    case FOCUS_DETR_BGR8:
      return {3, 0, 1, 2};
    case FOCUS_DETR_RGB8:
      return {3, 2, 1, 0};
    case FOCUS_DETR_BGRA8:
      return {4, 0, 1, 2};
    case FOCUS_DETR_RGBA8:
      return {4, 2, 1, 0};
    case FOCUS_DETR_GRAY8:
      return {1, 0, 0, 0};
    default:
      fail_usage("image: {} is not a pixel format", format);
  }
}

/// Valid as long as the caller's pixels.
images::Image image_of(const focus_detr_image& image) {
  const auto layout = layout_of(image);
  require_argument(image.data != nullptr, "image: data is NULL");
  if (!images::possible_size(image.height, image.width)) {
    fail_usage("image: {} x {} pixels; from 1 to {} are accepted", image.width, image.height,
               images::kMaxPixels);
  }
  const size_t row = static_cast<size_t>(image.width) * static_cast<size_t>(layout.channels);
  if (image.stride != 0 && image.stride < row) {
    fail_usage("image: a stride of {} bytes is less than a row of {} pixels needs ({})", image.stride,
               image.width, row);
  }
  const images::Image given(image.height, image.width, layout.channels, image.data,
                            image.stride == 0 ? row : image.stride, nullptr);
  if (image.format == FOCUS_DETR_BGR8) return given;
  return images::Image::by_rows(image.height, image.width, 3, [&](int y, uint8_t* to) {
    const uint8_t* from = given.row(y);
    for (int x = 0; x < image.width; ++x, from += layout.channels, to += 3) {
      to[0] = from[layout.blue];
      to[1] = from[layout.green];
      to[2] = from[layout.red];
    }
  });
}

focus_detr_detections* detect(const focus_detr_detector& detector, const images::Image& image,
                              double threshold, size_t max_detections) {
  require_argument(threshold >= 0 && threshold <= 1, "threshold must be 0 to 1");
  constexpr size_t kAll = std::numeric_limits<int32_t>::max();
  const size_t most = max_detections == 0 ? kAll : std::min(max_detections, kAll);
  const ThreadsOfCall threads(detector.threads);
  auto detections = std::make_unique<focus_detr_detections>();
  for (const auto& one : detector.model.detect(image, {threshold, static_cast<int64_t>(most)})) {
    detections->values.push_back({static_cast<float>(one.x1), static_cast<float>(one.y1),
                                  static_cast<float>(one.x2), static_cast<float>(one.y2),
                                  static_cast<float>(one.score), static_cast<int32_t>(one.label)});
  }
  return detections.release();
}

}  // namespace
}  // namespace focus::capi

using focus::capi::guarded;
using focus::capi::require_argument;

extern "C" {

const char* focus_detr_version(void) {
  static const std::string version(focus::project_version());
  return version.c_str();
}

const char* focus_detr_last_error(void) { return focus::capi::last_error(); }

void focus_detr_tune_process(void) {
  guarded([] {
    focus::tune_allocator();
    focus::nn::use_tensor_arena();
  });
}

void focus_detr_load_options_init(focus_detr_load_options* options) {
  // Later versions must not write more fields: an older header's struct ends here.
  if (options != nullptr) *options = {sizeof(focus_detr_load_options), 0, "fp32", 0, "auto"};
}

focus_detr_status focus_detr_load(const char* path, const focus_detr_load_options* options,
                                  focus_detr_detector** detector) {
  if (detector != nullptr) *detector = nullptr;
  return guarded([&] {
    require_argument(path != nullptr && detector != nullptr, "focus_detr_load: path or detector is NULL");
    const auto complete = focus::capi::complete(options);
    const int threads = complete.threads > 0 ? complete.threads : focus::physical_cores();
    const focus::capi::ThreadsOfCall loading(threads);
    const focus::detector::Placement placement{focus::nn::parse_device(complete.device),
                                               focus::ops::parse_precision(complete.precision)};
    auto loaded = focus::detector::load_model(path);
    if (complete.keep_ratio > 0) loaded.model->set_keep_ratio(complete.keep_ratio);
    *detector = new focus_detr_detector{focus::detector::Detector(std::move(loaded), placement), threads};
  });
}

void focus_detr_free(focus_detr_detector* detector) { delete detector; }

size_t focus_detr_class_count(const focus_detr_detector* detector) {
  return detector != nullptr ? detector->model.info().categories.size() : 0;
}

const char* focus_detr_class_name(const focus_detr_detector* detector, size_t class_index) {
  if (class_index >= focus_detr_class_count(detector)) return nullptr;
  return detector->model.info().categories[class_index].name.c_str();
}

int64_t focus_detr_class_id(const focus_detr_detector* detector, size_t class_index) {
  if (class_index >= focus_detr_class_count(detector)) return -1;
  return detector->model.info().categories[class_index].id;
}

focus_detr_status focus_detr_detect(const focus_detr_detector* detector, const focus_detr_image* image,
                                    double threshold, size_t max_detections,
                                    focus_detr_detections** detections) {
  if (detections != nullptr) *detections = nullptr;
  return guarded([&] {
    require_argument(detector != nullptr && image != nullptr && detections != nullptr,
                     "focus_detr_detect: detector, image or detections is NULL");
    *detections = focus::capi::detect(*detector, focus::capi::image_of(*image), threshold, max_detections);
  });
}

focus_detr_status focus_detr_detect_encoded(const focus_detr_detector* detector, const void* bytes,
                                            size_t size, double threshold, size_t max_detections,
                                            focus_detr_detections** detections) {
  if (detections != nullptr) *detections = nullptr;
  return guarded([&] {
    require_argument(detector != nullptr && bytes != nullptr && detections != nullptr,
                     "focus_detr_detect_encoded: detector, bytes or detections is NULL");
    const std::span<const uint8_t> file(static_cast<const uint8_t*>(bytes), size);
    const auto image = focus::images::decode_image(file, "image", focus::images::Orientation::kUpright);
    *detections = focus::capi::detect(*detector, image, threshold, max_detections);
  });
}

size_t focus_detr_detections_count(const focus_detr_detections* detections) {
  return detections != nullptr ? detections->values.size() : 0;
}

const focus_detr_detection* focus_detr_detections_data(const focus_detr_detections* detections) {
  return detections != nullptr ? detections->values.data() : nullptr;
}

void focus_detr_detections_free(focus_detr_detections* detections) { delete detections; }

}  // extern "C"
