// The standard streams a program starts with, and the signals of writes that fail.
#pragma once

namespace focus {

/// To be called first in a program. Opens /dev/null in place of closed standard streams: otherwise the first
/// files opened would take their numbers and receive the output. Standard output still cannot be written
/// then. Writing to a pipe nobody reads, or beyond the limit on file sizes, becomes an error of that write
/// instead of ending the process; child programs keep the usual signals.
void prepare_standard_streams();

/// Ends the process as the system ends one that writes to a pipe nobody reads.
[[noreturn]] void end_by_broken_pipe();

}  // namespace focus
