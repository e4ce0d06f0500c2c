#include "cli/command_main.h"

#include <c10/util/Exception.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <sstream>
#include <string>
#include <vector>

#include "base/broken_pipe.h"
#include "base/console.h"
#include "base/error.h"
#include "base/human.h"
#include "base/memory.h"
#include "base/spin_watch.h"
#include "base/standard_streams.h"
#include "base/version.h"
#include "cli/commands.h"
#include "cli/option_values.h"
#include "nn/tensor_arena.h"

namespace focus::cli {
namespace {

/// The message about an unknown word in the place of a subcommand; empty if there is no such word.
std::string unknown_subcommand(const CLI::App& app) {
  const CLI::App* at = &app;
  std::string path = "focus-detr";
  while (!at->get_subcommands().empty()) {
    at = at->get_subcommands().front();
    path += " " + at->get_name();
  }
  std::vector<std::string> known;
  for (const auto* subcommand : at->get_subcommands([](const CLI::App*) { return true; }))
    known.push_back(subcommand->get_name());
  const auto rest = app.remaining(true);
  if (known.empty() || rest.empty() || rest.front().starts_with('-')) return {};
  return fmt::format("{} is not a subcommand of `{}`; its subcommands are {}", in_quotes(rest.front()), path,
                     fmt::join(known, ", "));
}

int run_command(int argc, char** argv) {
  CLI::App app{"Focus-DETR: train, evaluate and run an efficient detection transformer."};
  app.require_subcommand(1);
  app.set_version_flag("--version", fmt::format("focus-detr {} ({})", project_version(), git_commit()));
  app.failure_message([](const CLI::App*, const CLI::Error& error) {
    return std::string("error: ") + error.what() + " (see --help)\n";
  });
  try {
    add_all(app);
    parse(app, argc, argv);
    return 0;
  } catch (const CLI::RuntimeError& result) {
    return result.get_exit_code();  // The subcommand reports its result as the exit code.
  } catch (const CLI::RequiredError& error) {
    const std::string unknown = unknown_subcommand(app);
    note_text(fmt::format("error: {} (see --help)\n", unknown.empty() ? error.what() : unknown));
    return 2;
  } catch (const CLI::ParseError& error) {
    std::ostringstream results, notes;
    const int code = app.exit(error, results, notes);
    note_text(notes.str());
    print_text(results.str());
    return code == 0 ? 0 : 2;
  }
}

/// A result that cannot be written to standard output is an error, whichever subcommand printed it.
int run_and_flush(int argc, char** argv) {
  const int code = run_command(argc, argv);
  flush_results();
  return code;
}

int report_error(const std::string& error, int code) {
  try {
    flush_results();  // Results printed before the error.
  } catch (const std::exception&) {
    // Report the first error, not that of the flush.
  }
  print_note("error: {}", error);
  return code;
}

}  // namespace

int command_main(int argc, char** argv) {
  prepare_standard_streams();
  tune_allocator();
  nn::use_tensor_arena();
  const SpinWatch spin_watch;
  try {
    return run_and_flush(argc, argv);
  } catch (const BrokenPipe&) {
    end_by_broken_pipe();
  } catch (const UsageError& error) {
    return report_error(error.what(), 2);
  } catch (const c10::Error& error) {
    // LibTorch's own errors carry a backtrace; the first line is the message.
    const std::string text = error.what_without_backtrace();
    return report_error(text.substr(0, text.find('\n')), 1);
  } catch (const std::exception& error) {
    return report_error(error.what(), 1);
  }
}

void end_command(int code) {
  std::fflush(nullptr);  // What libraries printed.
  ::_exit(code);
}

}  // namespace focus::cli
