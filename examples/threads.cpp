// One detector, many threads: threads MODEL IMAGE THREADS. All must find the same.
#include <atomic>
#include <focus_detr/focus_detr.hpp>
#include <fstream>
#include <iostream>
#include <iterator>
#include <thread>

int main(int argc, char** argv) try {
  if (argc != 4) throw std::runtime_error("usage: threads MODEL IMAGE THREADS");
  focus::LoadOptions options;
  options.threads = 1;  // Each of ours is one core's work.
  const auto detector = focus::Detector::load(argv[1], options);
  std::ifstream file(argv[2], std::ios::binary);
  const std::string image{std::istreambuf_iterator<char>(file), {}};
  const auto expected = detector.detect_encoded(image.data(), image.size(), 0.0);
  std::atomic<int> same{0}, different{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < std::stoi(argv[3]); ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 4; ++i) {
        const auto found = detector.detect_encoded(image.data(), image.size(), 0.0);
        bool equal = found.size() == expected.size();
        for (std::size_t k = 0; equal && k < found.size(); ++k) equal = found[k].score == expected[k].score;
        ++(equal ? same : different);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  std::cout << same << " times the same " << expected.size() << " objects, " << different
            << " times others\n";
  return different == 0 ? 0 : 1;
} catch (const std::exception& error) {
  std::cerr << "error: " << error.what() << '\n';
  return 1;
}
