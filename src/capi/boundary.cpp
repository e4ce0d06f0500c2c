#include "capi/boundary.h"

#include <c10/util/Exception.h>

#include <new>
#include <utility>

#include "base/error.h"

namespace focus::capi {
namespace {

std::string& message_of_thread() {
  thread_local std::string message;
  return message;
}

/// Keeps only the first line: LibTorch's messages have more.
focus_detr_status failed(focus_detr_status status, const std::string& message) {
  message_of_thread() = message.substr(0, message.find('\n'));
  return status;
}

focus_detr_status status_of_exception() {
  try {
    throw;
  } catch (const UsageError& error) {
    return failed(FOCUS_DETR_BAD_ARGUMENT, error.what());
  } catch (const Error& error) {
    return failed(FOCUS_DETR_BAD_INPUT, error.what());
  } catch (const std::bad_alloc&) {
    return failed(FOCUS_DETR_OUT_OF_MEMORY, "out of memory");
  } catch (const c10::Error& error) {
    return failed(FOCUS_DETR_INTERNAL_ERROR, error.what_without_backtrace());
  } catch (const std::exception& error) {
    return failed(FOCUS_DETR_INTERNAL_ERROR, error.what());
  } catch (...) {
    return failed(FOCUS_DETR_INTERNAL_ERROR, "an exception of unknown type");
  }
}

}  // namespace

focus_detr_status guarded(const std::function<void()>& body) noexcept {
  try {
    body();
    return FOCUS_DETR_OK;
  } catch (...) {
    try {
      return status_of_exception();
    } catch (...) {
      return FOCUS_DETR_OUT_OF_MEMORY;  // Not even the message could be stored.
    }
  }
}

void require_argument(bool fine, const char* what) {
  if (!fine) fail_usage("{}", what);
}

const char* last_error() noexcept { return message_of_thread().c_str(); }

}  // namespace focus::capi
