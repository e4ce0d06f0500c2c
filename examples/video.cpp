// Detects in a video, frame by frame: video MODEL VIDEO. "0" is the first camera.
#include <chrono>
#include <cstring>
#include <focus_detr/focus_detr.hpp>
#include <iostream>
#include <opencv2/core.hpp>
#include <opencv2/videoio.hpp>

int main(int argc, char** argv) try {
  if (argc != 3) throw std::runtime_error("usage: video MODEL VIDEO");
  focus_detr_tune_process();
  const auto detector = focus::Detector::load(argv[1]);
  cv::VideoCapture video;
  if (!(std::strcmp(argv[2], "0") == 0 ? video.open(0) : video.open(argv[2])))
    throw std::runtime_error("no such video");
  const auto start = std::chrono::steady_clock::now();
  int frames = 0;
  for (cv::Mat frame; video.read(frame); ++frames) {
    std::cout << "frame " << frames << ": " << detector.detect(frame).size() << " objects\n";
  }
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  std::cout << frames << " frames, " << frames / seconds.count() << " a second\n";
  return frames > 0 ? 0 : 1;
} catch (const std::exception& error) {
  std::cerr << "error: " << error.what() << '\n';
  return 1;
}
