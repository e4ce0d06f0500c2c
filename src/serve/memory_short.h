// Recognises lack of memory in the exceptions of all libraries.
#pragma once

#include <exception>
#include <utility>

#include "http/error.h"

namespace focus::serve {

/// Whether the exception reports lack of memory: std::bad_alloc, or those of OpenCV and LibTorch.
bool is_memory_short(const std::exception_ptr& error);

/// The error to report to clients: HttpError 503 in place of an exception for lack of memory, else the
/// exception itself.
std::exception_ptr told(std::exception_ptr error);

/// Runs `work`; throws HttpError 503 where it throws for lack of memory.
template <typename Work>
decltype(auto) unless_memory_is_short(Work&& work) {
  try {
    return std::forward<Work>(work)();
  } catch (...) {
    std::rethrow_exception(told(std::current_exception()));
  }
}

}  // namespace focus::serve
