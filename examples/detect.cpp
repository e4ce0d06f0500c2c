// Detects in a picture with OpenCV and draws what it found: detect MODEL PICTURE DRAWN
#include <focus_detr/focus_detr.hpp>
#include <iostream>
#include <opencv2/core.hpp>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

int main(int argc, char** argv) try {
  if (argc != 4) throw std::runtime_error("usage: detect MODEL PICTURE DRAWN");
  const auto detector = focus::Detector::load(argv[1]);
  cv::Mat picture = cv::imread(argv[2]);
  for (const auto& object : detector.detect(picture)) {
    std::cout << object.name << ' ' << object.score << '\n';
    cv::rectangle(picture, cv::Point2f(object.x1, object.y1), cv::Point2f(object.x2, object.y2), {0, 200, 0},
                  2);
  }
  return cv::imwrite(argv[3], picture) ? 0 : 1;
} catch (const std::exception& error) {
  std::cerr << "error: " << error.what() << '\n';
  return 1;
}
