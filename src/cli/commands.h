// One function a verb: it adds a subcommand that parses, calls a lower floor and prints.
#pragma once

namespace CLI {
class App;
}

namespace focus::cli {

}  // namespace focus::cli
