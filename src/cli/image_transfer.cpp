#include "cli/image_transfer.h"

#include <CLI/CLI.hpp>
#include <map>

namespace focus::cli {

void add_image_transfer(CLI::App& subcommand, std::string& transfer) {
  subcommand
      .add_option(
          "--transfer", transfer,
          "How images get into the new folder: link (hard links, or copies where links fail), copy, none.")
      ->check(CLI::IsMember({"link", "copy", "none"}))
      ->capture_default_str();
}

data::ImageTransfer image_transfer(const std::string& transfer) {
  static const std::map<std::string, data::ImageTransfer> kTransfers{{"link", data::ImageTransfer::kLink},
                                                                     {"copy", data::ImageTransfer::kCopy},
                                                                     {"none", data::ImageTransfer::kNone}};
  return kTransfers.at(transfer);
}

}  // namespace focus::cli
