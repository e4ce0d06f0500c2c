// Where exceptions end: behind the C interface they become a status and a message.
#pragma once

#include <focus_detr/focus_detr.h>

#include <functional>
#include <string>

namespace focus::capi {

/// Runs `body` and converts its exceptions to a status and this thread's last error.
focus_detr_status guarded(const std::function<void()>& body) noexcept;

/// Throws UsageError with `what` unless an argument is `fine`.
void require_argument(bool fine, const char* what);

/// The message of this thread's last failure.
const char* last_error() noexcept;

}  // namespace focus::capi
