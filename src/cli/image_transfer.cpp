#include "cli/image_transfer.h"

#include <CLI/CLI.hpp>
#include <map>

namespace focus::cli {

void add_picture_transfer(CLI::App& verb, std::string& pictures) {
  verb.add_option(
          "--pictures", pictures,
          "What becomes of the pictures: link (hard links, or copies where there are none), copy, none.")
      ->check(CLI::IsMember({"link", "copy", "none"}))
      ->capture_default_str();
}

data::PictureTransfer picture_transfer(const std::string& pictures) {
  static const std::map<std::string, data::PictureTransfer> kTransfers{
      {"link", data::PictureTransfer::kLink},
      {"copy", data::PictureTransfer::kCopy},
      {"none", data::PictureTransfer::kNone}};
  return kTransfers.at(pictures);
}

}  // namespace focus::cli
