// Numbers behind the command's own flags, held to what files and key=value are held to.
#pragma once

#include <CLI/CLI.hpp>

namespace focus::cli {

/// Makes all flags of the command and its subcommands that take numbers refuse those that other programs read
/// otherwise, such as 010, which the parser itself takes for 8. To be called when all are added.
void refuse_ambiguous_numbers(CLI::App& app);

}  // namespace focus::cli
