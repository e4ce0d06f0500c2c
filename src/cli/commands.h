// One function per subcommand, each in its own file. It adds a subcommand that parses its arguments, calls a
// lower floor and prints the result.
#pragma once

namespace CLI {
class App;
}

namespace focus::cli {

/// Adds every subcommand to the command.
void add_all(CLI::App& app);

void add_train(CLI::App& app);
void add_ablate(CLI::App& app);
void add_eval(CLI::App& app);
void add_detect(CLI::App& app);
void add_explain(CLI::App& app);
void add_serve(CLI::App& app);
void add_benchmark(CLI::App& app);
void add_calibrate(CLI::App& app);
void add_trace(CLI::App& app);
void add_convert(CLI::App& app);
void add_export(CLI::App& app);
void add_options(CLI::App& app);
void add_doctor(CLI::App& app);

}  // namespace focus::cli
