// The command, without the function that the system calls.
#pragma once

namespace focus::cli {

/// Runs `focus-detr <arguments>`. Returns the exit code: 0: done; 1: something outside the program is wrong; 2: wrong usage.
/// Call it once in a process, before its first thread.
int command_main(int argc, char** argv);

}  // namespace focus::cli
