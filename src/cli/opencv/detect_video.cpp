// focus-detr detect on videos and cameras.
#include <chrono>
#include <ostream>

#include "base/console.h"
#include "base/error.h"
#include "base/files.h"
#include "base/progress.h"
#include "base/stop_signal.h"
#include "cli/opencv/detect.h"
#include "cli/output_names.h"
#include "data/opencv/mat.h"
#include "data/opencv/video.h"
#include "viz/video_file.h"

namespace focus::cli {
namespace {

namespace fs = std::filesystem;
using VideoClock = std::chrono::steady_clock;

/// Goes through one video; ends early when asked to stop.
void detect_in_video(const detector::Detector& detector, data::Video video, const std::string& name,
                     const std::optional<fs::path>& drawn_path, std::ostream* lines, const StopSignal& stop,
                     const DetectArguments& arguments) {
  const auto& categories = detector.info().categories;
  std::optional<viz::VideoFile> drawn;
  if (drawn_path) drawn.emplace(*drawn_path, video.size(), video.frames_a_second());
  Progress progress(name, video.frames());
  const auto start = VideoClock::now();
  int64_t frames = 0, with_objects = 0;
  while (!stop.requested()) {
    auto frame = video.next();
    if (!frame) break;
    const auto picture = data::image_of(frame->picture);
    const auto found = arguments.detect(detector, picture);
    with_objects += !found.empty();
    if (lines != nullptr) {
      auto line = detections_of_picture(name, data::size_of(picture), found, categories);
      line["frame"] = frames;
      line["seconds"] = frame->seconds;
      *lines << line.dump() << std::endl;  // Whoever reads along wants it now.
    }
    if (drawn) {
      if (video.is_camera()) drawn->fill_until(frame->seconds);
      drawn->write(with_detections(std::move(frame->picture), found, categories));
    }
    progress.update(++frames, fmt::format("{} object{}", found.size(), found.size() == 1 ? "" : "s"));
  }
  progress.finish();
  if (frames == 0 && !stop.requested()) fail("{}: no frame could be read", name);
  if (drawn && frames > 0) drawn->finish();
  const double seconds = std::chrono::duration<double>(VideoClock::now() - start).count();
  print_note("{}: {} frames, {} with objects, {:.1f} frames/s{}", name, frames, with_objects,
             static_cast<double>(frames) / seconds, stop.requested() ? ", stopped" : "");
}

}  // namespace

void detect_in_videos(const detector::Detector& detector, const DetectArguments& arguments) {
  if (!arguments.out.empty()) make_folder(arguments.out);
  OutputNames names(arguments.out);
  const auto drawn_path = [&](const fs::path& name) -> std::optional<fs::path> {
    if (arguments.out.empty()) return std::nullopt;
    return names.take(name.stem().string() + ".mp4");
  };
  const StopSignal stop;
  const auto go_through_all = [&](std::ostream* lines) {
    if (arguments.camera) {
      const auto name = "camera-" + std::to_string(*arguments.camera);
      detect_in_video(detector, data::Video::open_camera(*arguments.camera), name, drawn_path(name), lines,
                      stop, arguments);
    }
    for (const auto& path : arguments.inputs) {
      if (stop.requested()) break;
      detect_in_video(detector, data::Video::open(path), path, drawn_path(path), lines, stop, arguments);
    }
  };
  if (arguments.json.empty()) return go_through_all(nullptr);
  write_atomically(arguments.json, [&](std::ostream& out) { go_through_all(&out); });
}

}  // namespace focus::cli
