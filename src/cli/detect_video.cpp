// focus-detr detect on videos, streams and cameras.
#include <algorithm>
#include <cctype>
#include <chrono>
#include <ostream>

#include "base/console.h"
#include "base/error.h"
#include "base/files.h"
#include "base/progress.h"
#include "base/stop_signal.h"
#include "cli/detect.h"
#include "cli/output_names.h"
#include "images/opencv/mat.h"
#include "images/video.h"
#include "viz/video_file.h"

namespace focus::cli {
namespace {

namespace fs = std::filesystem;
using VideoClock = std::chrono::steady_clock;

/// The file name of the annotated copy; for an address, the part of it that may be in a file name.
fs::path drawn_name(const std::string& source) {
  if (!images::is_stream_address(source)) return fs::path(source).stem().string() + ".mp4";
  const std::string shown = images::shown_address(source);
  size_t begin = shown.find("://") + 3;
  const size_t end = std::min(shown.find_first_of("?#", begin), shown.size());
  if (const size_t at = shown.rfind('@', std::min(shown.find('/', begin), end));
      at != std::string::npos && at > begin) {
    begin = at + 1;
  }
  std::string name = shown.substr(begin, std::min<size_t>(end - begin, 100));
  for (char& c : name) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '.' && c != '-' && c != '_') c = '-';
  }
  name.erase(0, std::min(name.find_first_not_of(".-"), name.size()));
  while (!name.empty() && (name.back() == '-' || name.back() == '.')) name.pop_back();
  return (name.empty() ? "stream" : name) + ".mp4";
}

/// The result of one video.
struct Watched {
  int64_t frames = 0;
  std::optional<std::string> shortfall;  ///< one line without the video's name
};

/// Detects in one video; ends early when asked to stop. Keeps what was found before an error.
Watched detect_in_video(const detector::Detector& detector, images::Video& video, const std::string& name,
                        const std::optional<fs::path>& drawn_path, std::ostream* lines,
                        const StopSignal& stop, const DetectArguments& arguments) {
  const auto& categories = detector.info().categories;
  std::optional<viz::VideoFile> drawn;
  Progress progress(name, video.frames());
  video.listen([&](const std::string& note) { print_note("{}: {}", name, note); });
  const auto start = VideoClock::now();
  Watched watched;
  int64_t with_objects = 0;
  std::optional<std::string> broken;
  while (!stop.requested()) {
    std::optional<images::VideoFrame> frame;
    try {
      frame = video.next();
    } catch (const Error& error) {
      if (watched.frames == 0) throw;
      broken = error.what();
    }
    if (!frame) break;
    const auto found = arguments.detect(detector, frame->image);
    with_objects += !found.empty();
    if (lines != nullptr) {
      auto line = detections_of_image(name, images::size_of(frame->image), found, categories);
      line["frame"] = watched.frames;
      line["seconds"] = frame->seconds;
      *lines << line.dump()
             << std::endl;  // Flush: a program that reads the lines as they come must not wait.
    }
    if (drawn_path) {
      if (!drawn) {
        const cv::Size size(frame->image.width(), frame->image.height());
        drawn.emplace(*drawn_path,
                      viz::VideoFile::Shape{size, video.pixel_aspect(), video.frames_a_second()});
      }
      drawn->write(with_detections(images::copy_of(frame->image), found, categories), frame->seconds);
    }
    ++watched.frames;
    progress.update(watched.frames, fmt::format("{} object{}", found.size(), found.size() == 1 ? "" : "s"));
  }
  progress.finish();
  const double seconds = std::chrono::duration<double>(VideoClock::now() - start).count();
  if (watched.frames > 0 || stop.requested()) {
    print_note("{}: {} frames, {} with objects, {:.1f} frames/s{}", name, watched.frames, with_objects,
               static_cast<double>(watched.frames) / seconds, stop.requested() ? ", stopped" : "");
  }
  if (!stop.requested()) watched.shortfall = broken ? broken : video.shortfall();
  // The copy of a video that ended early is not padded to the full length.
  if (drawn) drawn->finish(stop.requested() || watched.shortfall ? 0 : video.length());
  if (stop.requested()) return watched;
  if (watched.frames == 0 && !watched.shortfall) watched.shortfall = "no frame could be read";
  return watched;
}

/// A video to detect in, opened when its turn comes.
struct Source {
  std::string name;  ///< as it is shown
  std::function<std::unique_ptr<images::Video>()> open;
  fs::path drawn;
};

std::vector<Source> sources_of(const DetectArguments& arguments, const StopSignal& stop) {
  std::vector<Source> sources;
  if (arguments.camera) {
    const auto name = "camera-" + std::to_string(*arguments.camera);
    sources.push_back(
        {name, [number = *arguments.camera] { return images::open_camera(number); }, name + ".mp4"});
  }
  const images::StreamSettings settings{arguments.timeout, arguments.reconnects,
                                        [&stop] { return stop.requested(); }};
  for (const auto& input : arguments.inputs) {
    const bool stream = images::is_stream_address(input);
    sources.push_back({images::shown_address(input),
                       [input, stream, settings] {
                         return stream ? images::open_stream(input, settings) : images::open_video(input);
                       },
                       drawn_name(input)});
  }
  return sources;
}

}  // namespace

void detect_in_videos(const detector::Detector& detector, const DetectArguments& arguments) {
  if (!arguments.out.empty()) make_folder(arguments.out);
  OutputNames names(arguments.out);
  const StopSignal stop;
  const auto sources = sources_of(arguments, stop);
  std::vector<std::string> errors;
  const auto complain = [&](const std::string& name, std::string text) {
    if (text.rfind(name, 0) != 0) text = name + ": " + text;
    // One unreadable video must not stop the others.
    if (sources.size() > 1) print_note("error: {}", text);
    errors.push_back(std::move(text));
  };
  const auto go_through_all = [&](std::ostream* lines) {
    int64_t frames = 0;
    for (const auto& source : sources) {
      if (stop.requested()) break;
      try {
        const auto video = source.open();
        const auto drawn = arguments.out.empty() ? std::nullopt : std::optional(names.take(source.drawn));
        const auto watched = detect_in_video(detector, *video, source.name, drawn, lines, stop, arguments);
        frames += watched.frames;
        if (watched.shortfall) complain(source.name, *watched.shortfall);
      } catch (const UsageError&) {
        throw;
      } catch (const Error& error) {
        // The stop signal also ends the opening of a stream, with an error that is not the stream's fault.
        if (stop.requested()) break;
        complain(source.name, error.what());
      }
    }
    // No frame was read: fail here, so that no JSON file is written.
    if (frames == 0 && errors.size() == 1 && sources.size() == 1) fail("{}", errors.front());
  };
  if (arguments.json.empty()) {
    go_through_all(nullptr);
  } else {
    write_atomically(arguments.json, [&](std::ostream& out) { go_through_all(&out); });
  }
  if (errors.size() == 1 && sources.size() == 1) fail("{}", errors.front());
  if (!errors.empty()) fail("{} of {} videos could not be read to their end", errors.size(), sources.size());
}

}  // namespace focus::cli
