// focus-detr dataset import: reads annotations and images that are not laid out as a data set.
#include <spdlog/fmt/fmt.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "base/console.h"
#include "cli/dataset.h"
#include "cli/image_transfer.h"
#include "cli/named_split.h"
#include "cli/reading_options.h"
#include "data/folder/import_dataset.h"
#include "data/formats.h"

namespace focus::cli {
namespace {

struct ImportArguments {
  data::ImportOptions options;
  std::string images, annotations, out;
  std::string transfer = "link";
  ReadingOptions reading;
};

void run(ImportArguments& arguments) {
  auto& options = arguments.options;
  options.images = arguments.images;
  options.annotations = arguments.annotations;
  options.transfer = image_transfer(arguments.transfer);
  options.reading = arguments.reading.reading();
  const auto summary = data::import_dataset(options, arguments.out,
                                            [](const std::string& note) { print_note("note: {}", note); });
  const bool kept = data::entry_of(summary.format).loose.unlabelled_are_empty;
  print_result("{}: {} images with {} boxes of {} classes in the splits {}, from {} annotations\n",
               arguments.out, summary.written.images, summary.written.boxes.written, summary.classes,
               fmt::join(summary.written.splits, ", "), name_of(summary.format));
  print_result("{} images without annotations{}, {} annotations without an image (left out)\n",
               summary.images_without_annotations, kept ? " (kept as images without objects)" : " (left out)",
               summary.annotations_without_image);
}

}  // namespace

void add_dataset_import(CLI::App& dataset) {
  auto* subcommand = dataset.add_subcommand(
      "import", "Write a data set in COCO's format from annotations and images in any folders.");
  auto arguments = std::make_shared<ImportArguments>();
  subcommand
      ->add_option("--images", arguments->images, "Folder of the images; its subfolders are searched too.")
      ->required();
  subcommand
      ->add_option(
          "--annotations", arguments->annotations,
          fmt::format("Their annotations, a folder or a file: {}. The format is recognised from the files.",
                      data::annotation_kinds("or")))
      ->required();
  subcommand->add_option(
      "--names", arguments->options.names,
      "Class names for YOLO labels: a file with one name per line, or names separated by commas.");
  subcommand
      ->add_option(
          "--split", arguments->options.split,
          "Split to write everything to; by default the splits that the folders' names say, or train.")
      ->check(named_split());
  subcommand->add_option("--out", arguments->out, "New folder.")->required();
  add_image_transfer(*subcommand, arguments->transfer);
  arguments->reading.add_to(*subcommand, kDatasetDecides);
  subcommand->callback([arguments] { run(*arguments); });
}

}  // namespace focus::cli
