// focus-detr detect: pictures in; a table, JSON and drawn pictures out.
#include <ATen/Parallel.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>
#include <ostream>

#include "base/error.h"
#include "base/files.h"
#include "cli/commands.h"
#include "cli/keep_option.h"
#include "cli/output_names.h"
#include "cli/precision_option.h"
#include "cli/threads_option.h"
#include "data/decode.h"
#include "data/picture_paths.h"
#include "detector/detection_json.h"
#include "viz/detections.h"
#include "viz/picture_file.h"

namespace focus::cli {
namespace {

namespace fs = std::filesystem;

struct DetectArguments {
  std::vector<std::string> inputs;
  std::string model;
  std::string out;
  std::string json;
  double threshold = 0.3;
  int64_t max_detections = 100;
  std::optional<double> keep;
  std::string precision = "fp32";
  Threads threads;
};

nlohmann::json as_json(const fs::path& path, const cv::Mat& picture,
                       const std::vector<detector::Detection>& found,
                       const std::vector<data::Category>& categories) {
  return {{"file", path.string()},
          {"width", picture.cols},
          {"height", picture.rows},
          {"detections", detector::to_json(found, categories)}};
}

void print_table(const fs::path& path, const std::vector<detector::Detection>& found,
                 const std::vector<data::Category>& categories) {
  fmt::print("{}: {} object{}\n", path.string(), found.size(), found.size() == 1 ? "" : "s");
  for (const auto& d : found) {
    fmt::print("  {:<20} {:.3f}  x {:.0f}..{:.0f}  y {:.0f}..{:.0f}\n",
               categories[static_cast<size_t>(d.label)].name, d.score, d.x1, d.x2, d.y1, d.y2);
  }
}

cv::Mat drawn(cv::Mat picture, const std::vector<detector::Detection>& found,
              const std::vector<data::Category>& categories) {
  viz::draw_boxes(picture, viz::boxes_of(found, categories));
  return picture;
}

void run_detect(const DetectArguments& arguments) {
  const auto precision = ops::parse_precision(arguments.precision);
  const auto paths = data::picture_paths(arguments.inputs);
  at::set_num_threads(arguments.threads.count);
  auto loaded = detector::load_model(arguments.model);
  apply_keep(*loaded.model, arguments.keep);
  const detector::Detector detector(std::move(loaded), precision);
  const auto& categories = detector.info().categories;
  if (!arguments.out.empty()) make_folder(arguments.out);
  auto results = nlohmann::json::array();
  OutputNames names(arguments.out);
  int unreadable = 0;
  for (const auto& path : paths) {
    cv::Mat picture;
    try {
      picture = data::decode_image(path, data::Orientation::kUpright);
    } catch (const Error& error) {
      // One bad file among many must not cost the others.
      fmt::print(stderr, "error: {}\n", error.what());
      ++unreadable;
      continue;
    }
    const auto found = detector.detect(picture, {arguments.threshold, arguments.max_detections});
    print_table(path, found, categories);
    if (!arguments.json.empty()) results.push_back(as_json(path, picture, found, categories));
    if (!arguments.out.empty()) {
      viz::write_picture(names.take(path.filename()), drawn(picture, found, categories));
    }
  }
  if (!arguments.json.empty()) {
    write_atomically(arguments.json, [&](std::ostream& out) { out << results.dump(2) << '\n'; });
  }
  if (unreadable > 0) fail("{} of {} pictures could not be read", unreadable, paths.size());
}

}  // namespace

void add_detect(CLI::App& app) {
  CLI::App* verb = app.add_subcommand("detect", "Find objects in pictures.");
  auto arguments = std::make_shared<DetectArguments>();
  verb->add_option("pictures", arguments->inputs, "Pictures, folders of pictures, or patterns.")->required();
  verb->add_option("--model", arguments->model, "Model file.")->required();
  verb->add_option("--out", arguments->out, "Folder for pictures with the detections drawn.");
  verb->add_option("--json", arguments->json, "File for the detections as JSON.");
  verb->add_option("--threshold", arguments->threshold, "Least score.")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  verb->add_option("--max-detections", arguments->max_detections, "Most detections a picture.")
      ->check(CLI::Range(1, 100000))
      ->capture_default_str();
  add_keep_option(*verb, arguments->keep);
  add_precision_option(*verb, arguments->precision);
  arguments->threads.add_to(*verb);
  verb->callback([arguments] { run_detect(*arguments); });
}

}  // namespace focus::cli
