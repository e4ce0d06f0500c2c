// Lack of memory, by whatever name a library calls it.
#pragma once

#include <exception>
#include <utility>

#include "http/error.h"

namespace focus::serve {

/// Whether the exception says that memory could not be had: std::bad_alloc, OpenCV's and LibTorch's own.
bool is_memory_short(const std::exception_ptr& error);

/// What clients are told: HttpError 503 instead of an exception that says that memory is short, else the
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
