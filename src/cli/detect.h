// What the subcommand detect is asked for, shared by images and videos.
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
  double timeout = 10;  ///< Seconds after which a silent stream is lost.
  int reconnects = 8;   ///< Attempts in a row to open a lost stream again.
  std::string model;
  std::string out;
  std::string json;
  DetectionOptions which;
  int64_t tiles = 1;  ///< Along the longer side of each image; 1: the whole alone.
  std::optional<double> keep;
  PlacementOption placement;
  Threads threads;

  std::vector<detector::Detection> detect(const detector::Detector& detector,
                                          const images::Image& image) const {
    return detector::detect_in_tiles(detector, image, {which.threshold, which.max_detections}, tiles);
  }
};

/// What is written about one image or frame.
nlohmann::json detections_of_image(const std::string& name, nn::ImageSize size,
                                   const std::vector<detector::Detection>& found,
                                   const std::vector<data::Category>& categories);

/// The image with the detections drawn into it.
cv::Mat with_detections(cv::Mat image, const std::vector<detector::Detection>& found,
                        const std::vector<data::Category>& categories);

/// Goes through videos, or through streams and what a camera sees until Ctrl-C: a drawn MP4 each, a JSON line
/// a frame. Throws Error, when all else is done, for those that could not be read to their end.
void detect_in_videos(const detector::Detector& detector, const DetectArguments& arguments);

}  // namespace focus::cli
