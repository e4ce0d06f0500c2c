#include "cli/commands.h"

namespace focus::cli {

void add_all(CLI::App&) {}

}  // namespace focus::cli
