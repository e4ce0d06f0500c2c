#include <spdlog/fmt/fmt.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <map>
#include <memory>

#include "base/console.h"
#include "cli/dataset.h"
#include "cli/image_transfer.h"
#include "cli/named_split.h"
#include "cli/reading_options.h"
#include "data/convert_dataset.h"

namespace focus::cli {
namespace {

const std::map<std::string, data::DatasetFormat> kFormats{{"coco", data::DatasetFormat::kCoco},
                                                          {"yolo", data::DatasetFormat::kYolo},
                                                          {"voc", data::DatasetFormat::kVoc}};

struct ConvertDatasetArguments {
  std::string data, out;
  std::string to, transfer = "link";
  std::vector<std::string> splits;
  ReadingOptions reading;
};

void note(int64_t count, const char* what) {
  if (count > 0) print_note("note: {} {}", count, what);
}

// A person should not find out from the numbers of an evaluation what a format could not hold.
void say_what_is_lost(const data::WrittenBoxes& boxes) {
  note(boxes.crowds_left_out, "crowds left out: YOLO has nothing like them");
  note(boxes.nothing_left, "boxes left out: without width or height, or outside of their images");
  note(boxes.clipped, "boxes clipped to their images");
  note(boxes.rounded, "boxes rounded: Pascal VOC stores whole pixels");
  note(boxes.areas_lost, "objects have the area of their boxes now: the format stores no other");
}

void convert_data(const ConvertDatasetArguments& arguments) {
  data::ConvertOptions options;
  options.to = kFormats.at(arguments.to);
  options.transfer = image_transfer(arguments.transfer);
  options.splits = arguments.splits;
  options.reading = arguments.reading.reading();
  const auto summary = data::convert_dataset(arguments.data, arguments.out, options);
  say_what_is_lost(summary.boxes);
  print_result("{}: {} images with {} boxes in the splits {}\n", arguments.out, summary.images,
               summary.boxes.written, fmt::join(summary.splits, ", "));
}

}  // namespace

void add_dataset_convert(CLI::App& dataset) {
  auto* subcommand = dataset.add_subcommand("convert", "Write a data set in another format.");
  auto arguments = std::make_shared<ConvertDatasetArguments>();
  subcommand->add_option("--data", arguments->data, "Data set, in COCO's, YOLO's or Pascal VOC's format.")
      ->required();
  subcommand->add_option("--to", arguments->to, "Format to write.")
      ->required()
      ->check(CLI::IsMember({"coco", "yolo", "voc"}));
  subcommand->add_option("--out", arguments->out, "New folder.")->required();
  add_splits_option(*subcommand, arguments->splits);
  add_image_transfer(*subcommand, arguments->transfer);
  arguments->reading.add_to(*subcommand, kDatasetDecides);
  subcommand->callback([arguments] { convert_data(*arguments); });
}

}  // namespace focus::cli
