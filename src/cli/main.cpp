// The command. Exit code 0: done; 1: something outside the program is wrong; 2: wrong usage.
#include <CLI/CLI.hpp>
#include <cstdio>

#include "base/error.h"
#include "base/memory.h"
#include "cli/commands.h"

int main(int argc, char** argv) {
  focus::tune_allocator();
  CLI::App app{"Focus-DETR: train, evaluate and run an efficient detection transformer."};
  app.require_subcommand(1);
  try {
    focus::cli::add_all(app);
    app.parse(argc, argv);
    return 0;
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  } catch (const focus::UsageError& error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    return 2;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    return 1;
  }
}
