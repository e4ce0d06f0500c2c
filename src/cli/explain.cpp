// focus-detr explain: shows where a detector looks in an image, and what its detections are based on.
#include <ATen/Parallel.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>
#include <optional>
#include <ostream>

#include "base/console.h"
#include "base/error.h"
#include "base/files.h"
#include "base/progress.h"
#include "cli/commands.h"
#include "cli/detection_options.h"
#include "cli/keep_option.h"
#include "cli/named_images.h"
#include "cli/named_split.h"
#include "cli/output_names.h"
#include "cli/placement_option.h"
#include "cli/reading_options.h"
#include "cli/threads_option.h"
#include "data/dataset_layout.h"
#include "data/image_source.h"
#include "detector/model_file.h"
#include "explain/explanation_json.h"
#include "images/decode.h"
#include "images/opencv/mat.h"
#include "viz/animation.h"
#include "viz/draw.h"
#include "viz/explanation.h"
#include "viz/image_file.h"

namespace focus::cli {
namespace {

namespace fs = std::filesystem;

struct ExplainArguments {
  std::vector<std::string> images;
  std::string model;
  std::string out;
  std::string data, split = "val";
  ReadingOptions reading;
  DetectionOptions which;
  int64_t detection = 1;
  std::optional<double> keep;
  std::string device = "auto";
  Threads threads;
};

cv::Mat panel(const std::vector<viz::View>& views) {
  constexpr int kColumns = 4, kCellWidth = 420;
  std::vector<cv::Mat> images;
  images.reserve(views.size());
  for (const auto& view : views) images.push_back(viz::captioned(view));
  const auto& first = images.front();
  const int height = std::max(1, cvRound(static_cast<double>(first.rows) * kCellWidth / first.cols));
  return viz::contact_sheet(images, std::min<int>(kColumns, static_cast<int>(images.size())),
                            {kCellWidth, height});
}

void write_explanation(const detector::LoadedModel& loaded, const fs::path& path, const images::Image& image,
                       const fs::path& panel_path, const ExplainArguments& arguments) {
  constexpr int kMillisecondsAFrame = 900;
  const images::Preprocess preprocess(loaded.info.preprocess);
  const auto explanation = explain::explain(*loaded.model, preprocess, image,
                                            {arguments.which.threshold, arguments.which.max_detections});
  const auto& categories = loaded.info.categories;
  const cv::Mat pixels = images::view_of(image);
  viz::write_image(panel_path, panel(viz::explanation_views(pixels, explanation, categories,
                                                            static_cast<size_t>(arguments.detection - 1))));
  std::vector<cv::Mat> frames;
  for (const auto& view : viz::layer_views(pixels, explanation)) frames.push_back(viz::captioned(view));
  viz::write_animation(fs::path(panel_path).replace_extension(".webp"), frames, kMillisecondsAFrame);
  auto json = to_json(explanation, categories);
  json["file"] = path.string();
  write_atomically(fs::path(panel_path).replace_extension(".json"),
                   [&](std::ostream& out) { out << json.dump() << '\n'; });

  print_result("{}: {} detections, {} tokens\n", path.string(), explanation.detections.size(),
               explanation.tokens());
  for (size_t l = 0; l < explanation.layers.size(); ++l) {
    const auto& layer = json["layers"][l];
    print_result("  layer {}: {:5.1f} % of the tokens, {:5.1f} % of these inside detections\n", l + 1,
                 100 * layer["share_of_tokens"].get<double>(),
                 100 * layer["inside_detections"].get<double>());
  }
}

/// How well the encoder's token selection fits the ground truth: the fraction of kept tokens inside boxes.
void print_shares(const detector::LoadedModel& loaded, const ExplainArguments& arguments) {
  const auto store =
      data::load_split(arguments.data, arguments.split, arguments.reading.reading(loaded.info.reading));
  if (const auto& note = store->meaning().orientation_note; !note.empty()) print_note("note: {}", note);
  if (store->size() == 0) fail("{}: split '{}' has no images", arguments.data, arguments.split);
  data::ImageSource images(store, /*cache_bytes=*/0);
  const images::Preprocess preprocess(loaded.info.preprocess);
  std::vector<double> kept, inside, fine;
  double all_inside = 0;
  Progress progress("explain", store->size());
  for (int64_t i = 0; i < store->size(); ++i) {
    const auto image = images.image(i);
    const auto explanation = explain::explain(*loaded.model, preprocess, image, {1.0, 1});
    std::vector<Box> boxes;
    for (const auto& annotation : store->annotations(i)) boxes.push_back(annotation.box());
    kept.resize(explanation.layers.size());
    inside.resize(kept.size());
    fine.resize(kept.size());
    const double share = 100 / static_cast<double>(store->size());
    for (size_t l = 0; l < kept.size(); ++l) {
      const auto& layer = explanation.layers[l];
      kept[l] +=
          share * static_cast<double>(layer.updated.size()) / static_cast<double>(explanation.tokens());
      inside[l] += share * explain::share_inside(explanation, layer.updated, boxes);
      fine[l] += share * explain::share_inside(explanation, layer.fine_grained, boxes);
    }
    std::vector<int64_t> all(static_cast<size_t>(explanation.tokens()));
    for (size_t t = 0; t < all.size(); ++t) all[t] = static_cast<int64_t>(t);
    all_inside += share * explain::share_inside(explanation, all, boxes);
    progress.update(i + 1);
  }
  progress.finish();
  print_result("{} images; {:.1f} % of all tokens lie inside boxes\n", store->size(), all_inside);
  for (size_t l = 0; l < kept.size(); ++l) {
    print_result(
        "layer {}: {:5.1f} % of the tokens kept, {:5.1f} % of these inside boxes, {:5.1f} % of the "
        "fine-grained\n",
        l + 1, kept[l], inside[l], fine[l]);
  }
}

void run_explain(const ExplainArguments& arguments) {
  if (arguments.data.empty() == arguments.images.empty()) {
    fail_usage("explain: name images to explain, or a data set with --data");
  }
  if (arguments.data.empty() && arguments.out.empty()) fail_usage("explain: name a folder with --out");
  const auto paths = arguments.images.empty() ? std::vector<fs::path>() : named_images(arguments.images);
  at::set_num_threads(arguments.threads.count);
  const auto loaded = detector::load_model(arguments.model);
  loaded.model->move_to(nn::parse_device(arguments.device));
  apply_keep(*loaded.model, arguments.keep);
  if (!arguments.data.empty()) return print_shares(loaded, arguments);
  make_folder(arguments.out);
  OutputNames names(arguments.out);
  int unreadable = 0;
  for (const auto& path : paths) {
    std::optional<images::Image> image;
    try {
      std::string part_read;
      image = images::decode_image(path, loaded.info.loose_images(), &part_read);
      if (!part_read.empty()) print_note("warning: {} {}", path.string(), part_read);
    } catch (const Error& error) {
      if (paths.size() == 1) throw;
      // One unreadable file must not stop the others.
      print_note("error: {}", error.what());
      ++unreadable;
      continue;
    }
    write_explanation(loaded, path, *image, names.take(path.stem().string() + ".png"), arguments);
  }
  if (unreadable > 0) fail("{} of {} images could not be read", unreadable, paths.size());
}

}  // namespace

void add_explain(CLI::App& app) {
  CLI::App* subcommand = app.add_subcommand("explain", "Show where a detector looks in images.");
  auto arguments = std::make_shared<ExplainArguments>();
  subcommand->add_option("images", arguments->images, "Images, folders of images, or patterns.");
  subcommand->add_option("--model", arguments->model, "Model file.")->required();
  subcommand->add_option(
      "--out", arguments->out,
      "Folder for a panel (.png), an animation layer by layer (.webp) and the numbers (.json) of each "
      "image.");
  subcommand->add_option(
      "--data", arguments->data,
      "Data set, instead of images: print which fraction of each layer's tokens lies inside its boxes.");
  subcommand->add_option("--split", arguments->split, "Split of --data.")
      ->capture_default_str()
      ->check(named_split());
  arguments->reading.add_to(*subcommand, kModelDecides);
  arguments->which.add_to(*subcommand);
  subcommand
      ->add_option("--detection", arguments->detection,
                   "Detection whose sampling points the panel shows: 1 is the best.")
      ->check(CLI::Range(1, 100000))
      ->capture_default_str();
  add_keep_option(*subcommand, arguments->keep);
  add_device_option(*subcommand, arguments->device);
  arguments->threads.add_to(*subcommand);
  subcommand->callback([arguments] { run_explain(*arguments); });
}

}  // namespace focus::cli
