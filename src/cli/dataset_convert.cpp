#include <spdlog/fmt/fmt.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

#include "base/console.h"
#include "cli/dataset.h"
#include "cli/image_transfer.h"
#include "cli/named_split.h"
#include "cli/reading_options.h"
#include "data/convert_dataset.h"
#include "data/formats.h"

namespace focus::cli {
namespace {

struct ConvertDatasetArguments {
  std::string data, out;
  std::string to, transfer = "link";
  std::vector<std::string> splits;
  ReadingOptions reading;
};

void note(int64_t count, const std::string& what) {
  if (count > 0) print_note("note: {} {}", count, what);
}

// Report what the format cannot hold now: otherwise it is first seen as an unexplained change in AP.
void say_what_is_lost(const data::WrittenBoxes& boxes, const std::string& format) {
  note(boxes.classes_renamed,
       fmt::format("classes renamed: names in {} cannot contain spaces; '_' replaces them", format));
  note(boxes.crowds_left_out, fmt::format("crowds left out: {} cannot store them", format));
  note(boxes.crowds_of_any_class,
       fmt::format("crowds of one class became ignore regions for every class in {}", format));
  note(boxes.nothing_left, "boxes left out: without width or height, or outside of their images");
  note(boxes.clipped, "boxes clipped to their images");
  note(boxes.rounded, fmt::format("boxes rounded: {} stores whole pixels", format));
  note(boxes.areas_lost, "objects now have the area of their boxes: the format stores no other area");
}

void convert_data(const ConvertDatasetArguments& arguments) {
  data::ConvertOptions options;
  options.to = data::writable_format(arguments.to);
  options.transfer = image_transfer(arguments.transfer);
  options.splits = arguments.splits;
  options.reading = arguments.reading.reading();
  const auto summary = data::convert_dataset(arguments.data, arguments.out, options);
  say_what_is_lost(summary.boxes, data::name_of(options.to));
  print_result("{}: {} images with {} boxes in the splits {}\n", arguments.out, summary.images,
               summary.boxes.written, fmt::join(summary.splits, ", "));
}

}  // namespace

void add_dataset_convert(CLI::App& dataset) {
  auto* subcommand = dataset.add_subcommand("convert", "Write a data set in another format.");
  auto arguments = std::make_shared<ConvertDatasetArguments>();
  subcommand
      ->add_option("--data", arguments->data, fmt::format("Data set, in {} format.", data::layout_formats()))
      ->required();
  subcommand->add_option("--to", arguments->to, "Format to write.")
      ->required()
      ->check(CLI::IsMember(data::writable_formats()));
  subcommand->add_option("--out", arguments->out, "New folder.")->required();
  add_splits_option(*subcommand, arguments->splits);
  add_image_transfer(*subcommand, arguments->transfer);
  arguments->reading.add_to(*subcommand, kDatasetDecides);
  subcommand->callback([arguments] { convert_data(*arguments); });
}

}  // namespace focus::cli
