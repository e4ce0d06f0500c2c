// --pictures of the commands that write data sets.
#pragma once

#include <string>

#include "data/convert_dataset.h"

namespace CLI {
class App;
}

namespace focus::cli {

/// Adds --pictures: link, copy or none.
void add_picture_transfer(CLI::App& verb, std::string& pictures);

/// What its value means.
data::PictureTransfer picture_transfer(const std::string& pictures);

}  // namespace focus::cli
