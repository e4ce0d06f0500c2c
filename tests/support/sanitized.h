// Whether a test runs under a sanitizer that has memory of its own: bounds on the process's memory mean
// nothing there, and what cannot be had ends it.
#pragma once

namespace focus::test {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kSanitized = false;
#endif

}  // namespace focus::test
