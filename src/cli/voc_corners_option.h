// --voc-corners: how the corners of Pascal VOC annotations are counted.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "data/voc/voc_corners.h"

namespace focus::cli {

struct VocCornersOption {
  std::string name = data::kKitCorners;

  void add_to(CLI::App& subcommand) {
    subcommand
        .add_option("--voc-corners", name,
                    "Corners of Pascal VOC annotations: kit (whole pixels from 1, the last one belongs to "
                    "the box) or plain (edges from 0), as many programs write them.")
        ->check(CLI::IsMember({data::kKitCorners, data::kPlainCorners}))
        ->capture_default_str();
  }
  data::VocCorners corners() const { return data::voc_corners(name); }
};

}  // namespace focus::cli
