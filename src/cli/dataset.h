// The verb `dataset`: looks at annotation files.
#pragma once

namespace CLI {
class App;
}

namespace focus::cli {

/// Adds `dataset` with `check` and `stats`, and returns it so that others can add to it.
CLI::App* add_dataset(CLI::App& app);

}  // namespace focus::cli
