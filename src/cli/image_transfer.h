// --transfer of the commands that write data sets.
#pragma once

#include <string>

#include "data/convert_dataset.h"

namespace CLI {
class App;
}

namespace focus::cli {

/// Adds --transfer: link, copy or none.
void add_image_transfer(CLI::App& subcommand, std::string& transfer);

/// The meaning of its value.
data::ImageTransfer image_transfer(const std::string& transfer);

}  // namespace focus::cli
