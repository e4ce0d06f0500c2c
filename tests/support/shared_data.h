// The data beside the project, when it is there.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>

namespace focus::test {

/// The folder of shared data: $FOCUS_DETR_SHARED, or ../shared beside the source tree; empty when there is
/// none.
std::filesystem::path shared_dir();

}  // namespace focus::test

/// Ends the test as passed, and says so, when there is no shared data.
#define FOCUS_NEEDS_SHARED_DATA()              \
  if (focus::test::shared_dir().empty()) {     \
    GTEST_SKIP() << "skipped: no shared data"; \
  }                                            \
  static_assert(true)
