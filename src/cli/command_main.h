// The command without main().
#pragma once

namespace focus::cli {

/// Runs `focus-detr <arguments>`. Returns the exit code: 0: success; 1: an error outside the program, such as
/// a bad file; 2: wrong usage. Call it once per process, before the first thread starts.
int command_main(int argc, char** argv);

}  // namespace focus::cli
