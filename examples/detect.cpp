// Detects in an image with OpenCV and draws what it found: detect MODEL IMAGE DRAWN
#include <focus_detr/focus_detr.hpp>
#include <iostream>
#include <opencv2/core.hpp>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

int main(int argc, char** argv) try {
  if (argc != 4) throw std::runtime_error("usage: detect MODEL IMAGE DRAWN");
  const auto detector = focus::Detector::load(argv[1]);
  cv::Mat image = cv::imread(argv[2]);
  for (const auto& object : detector.detect(image)) {
    std::cout << object.name << ' ' << object.score << '\n';
    cv::rectangle(image, cv::Point2f(object.x1, object.y1), cv::Point2f(object.x2, object.y2), {0, 200, 0},
                  2);
  }
  return cv::imwrite(argv[3], image) ? 0 : 1;
} catch (const std::exception& error) {
  std::cerr << "error: " << error.what() << '\n';
  return 1;
}
