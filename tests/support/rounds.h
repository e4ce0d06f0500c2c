// How often a test repeats what it draws at random.
#pragma once

#include <cstdlib>

namespace focus::test {

/// `usual`, times $FOCUS_DETR_ROUNDS if that is set: `make check` and `make soak` ask for more than `make test`.
inline int rounds(int usual) {
  const char* factor = std::getenv("FOCUS_DETR_ROUNDS");
  return factor == nullptr ? usual : usual * std::atoi(factor);
}

}  // namespace focus::test
