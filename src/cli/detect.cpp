// focus-detr detect: reads images or videos; writes a table, JSON and annotated copies.
#include "cli/detect.h"

#include <ATen/Parallel.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <memory>
#include <ostream>

#include "base/console.h"
#include "base/error.h"
#include "base/files.h"
#include "base/human.h"
#include "cli/commands.h"
#include "cli/keep_option.h"
#include "cli/named_images.h"
#include "cli/output_names.h"
#include "detector/detection_json.h"
#include "images/decode.h"
#include "images/opencv/mat.h"
#include "images/video.h"
#include "viz/detections.h"
#include "viz/image_file.h"

namespace focus::cli {
namespace {

namespace fs = std::filesystem;

void print_table(const fs::path& path, const std::vector<detector::Detection>& found,
                 const std::vector<data::Category>& categories) {
  print_result("{}: {} object{}\n", path.string(), found.size(), found.size() == 1 ? "" : "s");
  for (const auto& d : found) {
    print_result("  {:<20} {:.3f}  x {:.0f}..{:.0f}  y {:.0f}..{:.0f}\n",
                 categories[static_cast<size_t>(d.label)].name, d.score, d.x1, d.x2, d.y1, d.y2);
  }
}

std::vector<detector::Detection> found_in(const detector::Detector& detector,
                                          const DetectArguments& arguments, const fs::path& path,
                                          const images::Image& image) {
  try {
    return arguments.detect(detector, image);
  } catch (const UsageError&) {
    throw;
  } catch (const Error& error) {
    fail("{}: {}", path.string(), error.what());
  }
}

void detect_in_images(const detector::Detector& detector, const DetectArguments& arguments) {
  const auto paths = named_images(arguments.inputs);
  const auto& categories = detector.info().categories;
  if (!arguments.out.empty()) make_folder(arguments.out);
  auto results = nlohmann::json::array();
  OutputNames names(arguments.out);
  int unreadable = 0;
  for (const auto& path : paths) {
    images::Image image;
    try {
      std::string part_read;
      image = images::decode_image(path, images::Orientation::kUpright, &part_read);
      if (!part_read.empty()) print_note("warning: {} {}", path.string(), part_read);
    } catch (const Error& error) {
      // One unreadable file must not stop the others.
      print_note("error: {}", error.what());
      ++unreadable;
      continue;
    }
    const auto found = found_in(detector, arguments, path, image);
    print_table(path, found, categories);
    if (!arguments.json.empty()) {
      results.push_back(detections_of_image(path.string(), images::size_of(image), found, categories));
    }
    if (!arguments.out.empty()) {
      viz::write_image(names.take(viz::name_to_write(path.filename())),
                       with_detections(images::copy_of(image), found, categories));
    }
  }
  if (!arguments.json.empty()) {
    write_atomically(arguments.json, [&](std::ostream& out) { out << results.dump(2) << '\n'; });
  }
  if (unreadable > 0) fail("{} of {} images could not be read", unreadable, paths.size());
}

void run_detect(const DetectArguments& arguments) {
  const auto placement = arguments.placement.placement();
  const auto moves = [](const std::string& input) {
    return images::is_stream_address(input) || images::is_video_file(input);
  };
  const auto& inputs = arguments.inputs;
  const auto videos = std::count_if(inputs.begin(), inputs.end(), moves);
  if (arguments.inputs.empty() && !arguments.camera) {
    fail_usage("detect: name images, videos, addresses of streams, or a camera with --camera");
  }
  const bool moving = videos > 0 || arguments.camera;
  if (moving && videos != std::ssize(inputs)) {
    const auto still = *std::find_if_not(inputs.begin(), inputs.end(), moves);
    const auto film = std::find_if(inputs.begin(), inputs.end(), moves);
    fail_usage(
        "detect: {} is read frame by frame, {} is one image or several: their results are written in "
        "different forms; name one kind at a time",
        film == inputs.end() ? "a camera" : in_quotes(images::shown_address(*film)), in_quotes(still));
  }
  at::set_num_threads(arguments.threads.count);
  auto loaded = detector::load_model(arguments.model);
  apply_keep(*loaded.model, arguments.keep);
  const detector::Detector detector(std::move(loaded), placement);
  if (moving) return detect_in_videos(detector, arguments);
  detect_in_images(detector, arguments);
}

}  // namespace

nlohmann::json detections_of_image(const std::string& name, nn::ImageSize size,
                                   const std::vector<detector::Detection>& found,
                                   const std::vector<data::Category>& categories) {
  return {{"file", name},
          {"width", size.width},
          {"height", size.height},
          {"detections", to_json(found, categories)}};
}

cv::Mat with_detections(cv::Mat image, const std::vector<detector::Detection>& found,
                        const std::vector<data::Category>& categories) {
  viz::draw_boxes(image, viz::boxes_of(found, categories));
  return image;
}

void add_detect(CLI::App& app) {
  CLI::App* subcommand =
      app.add_subcommand("detect", "Find objects in images, videos, streams, or the frames of a camera.");
  auto arguments = std::make_shared<DetectArguments>();
  subcommand->add_option(
      "images", arguments->inputs,
      "Images, folders of images, or patterns; or videos and addresses of streams (rtsp://, http://).");
  subcommand->add_option("--camera", arguments->camera, "Number of a camera to watch until Ctrl-C.")
      ->check(CLI::Range(0, 63));
  subcommand
      ->add_option("--timeout", arguments->timeout,
                   "Seconds without data after which a stream counts as lost.")
      ->check(CLI::Range(0.1, 3600.0))
      ->capture_default_str();
  subcommand
      ->add_option("--reconnects", arguments->reconnects,
                   "Attempts in a row to open a lost stream again, 1, 2, 4, ... 30 s apart; 0: none.")
      ->check(CLI::Range(0, 1000000))
      ->capture_default_str();
  subcommand->add_option("--model", arguments->model, "Model file.")->required();
  subcommand->add_option("--out", arguments->out, "Folder for images or videos with the detections drawn.");
  subcommand->add_option(
      "--json", arguments->json,
      "File for the detections as JSON; for videos, one line per frame. /dev/stdout: as they are found.");
  arguments->which.add_to(*subcommand);
  subcommand
      ->add_option(
          "--tiles", arguments->tiles,
          "Also detect in parts of each image, this many along its longer side, to find objects too small in "
          "the whole image.")
      ->check(CLI::Range(1, 32))
      ->capture_default_str();
  add_keep_option(*subcommand, arguments->keep);
  arguments->placement.add_to(*subcommand);
  arguments->threads.add_to(*subcommand);
  subcommand->callback([arguments] { run_detect(*arguments); });
}

}  // namespace focus::cli
