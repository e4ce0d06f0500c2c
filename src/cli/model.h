// The subcommands under `model`.
#pragma once

namespace CLI {
class App;
}

namespace focus::cli {

/// Adds `model` with `info`, and returns it so that others can add to it.
CLI::App* add_model(CLI::App& app);

/// Adds `diff` to `model`.
void add_model_diff(CLI::App& model);

}  // namespace focus::cli
