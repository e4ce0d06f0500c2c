// Error messages for subcommands and options that a build without OpenCV lacks.
#pragma once

#include <string>

namespace CLI {
class App;
}

namespace focus::cli {

/// Throws UsageError: `what`, such as "eval --report", needs OpenCV.
[[noreturn]] void fail_left_out(const std::string& what);

/// Adds a subcommand that takes any arguments and only throws that error.
/// @param parents what is typed before its name, such as "dataset "
void add_left_out(CLI::App& app, const std::string& name, const std::string& parents = "");

}  // namespace focus::cli
