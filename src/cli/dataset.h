// The verbs under `focus-detr dataset`.
#pragma once

namespace CLI {
class App;
}

namespace focus::cli {

/// Adds `dataset synth`.
void add_dataset_synth(CLI::App& dataset);

}  // namespace focus::cli
