// Nobody reads what is written: no fault, and no reason to go on.
#pragma once

#include "base/error.h"

namespace focus {

/// Whoever read what the program writes has gone, as `| head` when it has seen enough. The command ends as
/// programs do then: without a word, by SIGPIPE.
class BrokenPipe : public Error {
 public:
  using Error::Error;
};

}  // namespace focus
