#include "cli/commands.h"

namespace focus::cli {

void add_all(CLI::App& app) { add_eval(app); }

}  // namespace focus::cli
