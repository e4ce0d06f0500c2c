// The command. Exit code 0: done; 1: something outside the program is wrong; 2: wrong usage.
#include <c10/util/Exception.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <string>

#include "base/error.h"
#include "base/memory.h"
#include "base/spin_watch.h"
#include "cli/commands.h"
#include "nn/tensor_arena.h"

int main(int argc, char** argv) {
  focus::tune_allocator();
  focus::nn::use_tensor_arena();
  const focus::SpinWatch spin_watch;
  CLI::App app{"Focus-DETR: train, evaluate and run an efficient detection transformer."};
  app.require_subcommand(1);
  app.failure_message([](const CLI::App*, const CLI::Error& error) {
    return std::string("error: ") + error.what() + " (see --help)\n";
  });
  try {
    focus::cli::add_all(app);
    app.parse(argc, argv);
    return 0;
  } catch (const CLI::RuntimeError& result) {
    return result.get_exit_code();  // A verb whose answer is its exit code.
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  } catch (const focus::UsageError& error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    return 2;
  } catch (const c10::Error& error) {
    // LibTorch's own errors carry a backtrace; the first line says it.
    const std::string text = error.what_without_backtrace();
    std::fprintf(stderr, "error: %s\n", text.substr(0, text.find('\n')).c_str());
    return 1;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    return 1;
  }
}
