// The error for output that nobody reads any more, which ends a command without being a fault.
#pragma once

#include "base/error.h"

namespace focus {

/// The reader of the program's output has closed it, as `| head` does once it has enough. The command then
/// ends as other programs do: silently, by SIGPIPE.
class BrokenPipe : public Error {
 public:
  using Error::Error;
};

}  // namespace focus
