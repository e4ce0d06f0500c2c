// Arguments of the subcommand detect, shared by images and videos.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <opencv2/core.hpp>
#include <optional>
#include <string>
#include <vector>

#include "cli/detection_options.h"
#include "cli/placement_option.h"
#include "cli/threads_option.h"
#include "detector/tiles.h"

namespace focus::cli {

struct DetectArguments {
  std::vector<std::string> inputs;
  std::optional<int> camera;
  double timeout = 10;  ///< Seconds without data after which a stream is lost.
  int reconnects = 8;   ///< Attempts in a row to open a lost stream again.
  std::string model;
  std::string out;
  std::string json;
  DetectionOptions which;
  int64_t tiles = 1;  ///< Along the longer side of each image; 1: only the whole image.
  std::optional<double> keep;
  PlacementOption placement;
  Threads threads;

  std::vector<detector::Detection> detect(const detector::Detector& detector,
                                          const images::Image& image) const {
    return detector::detect_in_tiles(detector, image, {which.threshold, which.max_detections}, tiles);
  }
};

/// The JSON object written for one image or frame.
nlohmann::json detections_of_image(const std::string& name, nn::ImageSize size,
                                   const std::vector<detector::Detection>& found,
                                   const std::vector<data::Category>& categories);

/// The image with the detections drawn on it.
cv::Mat with_detections(cv::Mat image, const std::vector<detector::Detection>& found,
                        const std::vector<data::Category>& categories);

/// Detects in videos, or in streams and a camera's frames until Ctrl-C. Writes one annotated MP4 per video
/// and one JSON line per frame. After the last video, throws Error if some could not be read to their end.
void detect_in_videos(const detector::Detector& detector, const DetectArguments& arguments);

}  // namespace focus::cli
