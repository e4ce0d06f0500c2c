// --images of the commands that write data sets.
#pragma once

#include <string>

#include "data/convert_dataset.h"

namespace CLI {
class App;
}

namespace focus::cli {

/// Adds --images: link, copy or none.
void add_image_transfer(CLI::App& subcommand, std::string& images);

/// What its value means.
data::ImageTransfer image_transfer(const std::string& images);

}  // namespace focus::cli
