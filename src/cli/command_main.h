// The command without main().
#pragma once

namespace focus::cli {

/// Runs `focus-detr <arguments>`. Returns the exit code: 0: success; 1: an error outside the program, such as
/// a bad file; 2: wrong usage. Call it once per process, before the first thread starts.
int command_main(int argc, char** argv);

/// Ends the process with what command_main() returned, by which time its results are written. Exit handlers do not run:
/// LibTorch's take its tables of operators apart, an eighth of the life of a short command.
[[noreturn]] void end_command(int code);

}  // namespace focus::cli
