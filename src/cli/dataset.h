// The subcommands under `dataset`.
#pragma once

namespace CLI {
class App;
}

namespace focus::cli {

/// Adds `dataset` with `check` and `stats`, and returns it so that others can add to it.
CLI::App* add_dataset(CLI::App& app);

/// Adds `synth` to `dataset`.
void add_dataset_synth(CLI::App& dataset);

/// Adds `convert` to `dataset`.
void add_dataset_convert(CLI::App& dataset);

/// Adds `import` to `dataset`.
void add_dataset_import(CLI::App& dataset);

/// Adds `split` to `dataset`.
void add_dataset_split(CLI::App& dataset);

/// Adds `pack` to `dataset`.
void add_dataset_pack(CLI::App& dataset);

}  // namespace focus::cli
