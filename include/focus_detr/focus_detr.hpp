// Focus-DETR for C++ programs: a thin, header-only wrapper of the C interface (focus_detr.h). C++17.
//
//   auto detector = focus::Detector::load("model.safetensors");
//   for (const auto& object : detector.detect(image)) std::cout << object.name << ' ' << object.score <<
//   '\n';
//
// `image` is a cv::Mat or a focus::Image. Errors are thrown as focus::DetectorError.
#ifndef FOCUS_DETR_FOCUS_DETR_HPP
#define FOCUS_DETR_FOCUS_DETR_HPP

#include <focus_detr/focus_detr.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace focus {

/// An error: its message and its status.
class DetectorError : public std::runtime_error {
 public:
  DetectorError(focus_detr_status status, const std::string& message)
      : std::runtime_error(message), status_(status) {}
  focus_detr_status status() const { return status_; }

 private:
  focus_detr_status status_;
};

/// The caller's pixels, only read: see focus_detr_image.
using Image = focus_detr_image;

/// A detected object: the box in pixels of the image, x1 <= x2, y1 <= y2.
struct DetectedObject {
  float x1, y1, x2, y2;
  float score;
  int class_index;
  std::string name;  ///< of the class
};

/// How a model is loaded: see focus_detr_load_options.
struct LoadOptions {
  int threads = 0;                 ///< used by a call; 0: one per physical core
  std::string precision = "fp32";  ///< "fp32", "bf16", "int8"
  double keep_ratio = 0;           ///< 0: the model's own
  std::string device = "auto";     ///< "cpu", "cuda", "cuda:N", "auto"
};

/// A model. Can be moved, not copied; one may be used by several threads at the same time.
class Detector {
 public:
  /// Throws DetectorError.
  static Detector load(const std::string& path, const LoadOptions& options = {}) {
    focus_detr_load_options plain;
    focus_detr_load_options_init(&plain);
    plain.threads = options.threads;
    plain.precision = options.precision.c_str();
    plain.keep_ratio = options.keep_ratio;
    plain.device = options.device.c_str();
    focus_detr_detector* handle = nullptr;
    check(focus_detr_load(path.c_str(), &plain, &handle));
    return Detector(handle);
  }

  /// Best first. max_detections 0: as many as the model has. Throws DetectorError.
  std::vector<DetectedObject> detect(const Image& image, double threshold = 0.3,
                                     std::size_t max_detections = 0) const {
    focus_detr_detections* found = nullptr;
    check(focus_detr_detect(handle_.get(), &image, threshold, max_detections, &found));
    return objects_of(found);
  }

  /// The same for an image of OpenCV (cv::Mat): 8-bit grey, BGR or BGRA. A template, so that this header does
  /// not need OpenCV and is the same whether or not OpenCV is included.
  template <typename Mat, typename = decltype(std::declval<const Mat&>().channels())>
  std::vector<DetectedObject> detect(const Mat& image, double threshold = 0.3,
                                     std::size_t max_detections = 0) const {
    constexpr int kUnsignedByte = 0;  // CV_8U
    const int channels = image.dims == 2 && image.depth() == kUnsignedByte ? image.channels() : 0;
    focus_detr_pixel_format format = FOCUS_DETR_BGR8;
    if (channels == 1) {
      format = FOCUS_DETR_GRAY8;
    } else if (channels == 4) {
      format = FOCUS_DETR_BGRA8;
    } else if (channels != 3) {
      throw DetectorError(FOCUS_DETR_BAD_ARGUMENT, "the image is not of 8 bits with 1, 3 or 4 channels");
    }
    return detect(Image{image.data, image.cols, image.rows, image.step[0], format}, threshold,
                  max_detections);
  }

  /// The same for the bytes of an image file, JPEG and others (focus_detr.h).
  std::vector<DetectedObject> detect_encoded(const void* bytes, std::size_t size, double threshold = 0.3,
                                             std::size_t max_detections = 0) const {
    focus_detr_detections* found = nullptr;
    check(focus_detr_detect_encoded(handle_.get(), bytes, size, threshold, max_detections, &found));
    return objects_of(found);
  }

  std::size_t class_count() const { return focus_detr_class_count(handle_.get()); }
  /// "" if the index is out of range.
  std::string class_name(std::size_t index) const {
    const char* name = focus_detr_class_name(handle_.get(), index);
    return name != nullptr ? name : "";
  }

 private:
  explicit Detector(focus_detr_detector* handle) : handle_(handle, &focus_detr_free) {}

  static void check(focus_detr_status status) {
    if (status != FOCUS_DETR_OK) throw DetectorError(status, focus_detr_last_error());
  }

  std::vector<DetectedObject> objects_of(focus_detr_detections* found) const {
    const std::unique_ptr<focus_detr_detections, decltype(&focus_detr_detections_free)> owner(
        found, &focus_detr_detections_free);
    std::vector<DetectedObject> objects;
    const std::size_t count = focus_detr_detections_count(found);
    objects.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
      const focus_detr_detection& one = focus_detr_detections_data(found)[i];
      objects.push_back({one.x1, one.y1, one.x2, one.y2, one.score, one.class_index,
                         class_name(static_cast<std::size_t>(one.class_index))});
    }
    return objects;
  }

  std::unique_ptr<focus_detr_detector, decltype(&focus_detr_free)> handle_;
};

}  // namespace focus

#endif
