// What a program finds open when it starts, and how the system tells it of writing that fails.
#pragma once

namespace focus {

/// To be called first in a program. Standard streams that are closed are occupied, or the first files opened
/// would take their places and get what is said; standard output still cannot be written then. Writing to a
/// pipe nobody reads, or beyond the limit on a file's size, becomes an error at that place instead of the
/// process's end; programs started from here have their signals as usual.
void prepare_standard_streams();

/// Ends the process as the system ends one that writes to a pipe nobody reads.
[[noreturn]] void end_by_broken_pipe();

}  // namespace focus
