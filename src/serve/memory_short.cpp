#include "serve/memory_short.h"

#include <c10/util/Exception.h>

#include <new>
#include <string_view>
#include <system_error>

#include "base/error.h"

namespace focus::serve {
namespace {

/// Messages of libraries that have no exception type for it: OpenCV, LibTorch's CPU allocator, CUDA.
constexpr std::string_view kPhrases[] = {"Insufficient memory", "DefaultCPUAllocator: can't allocate memory",
                                         "DefaultCPUAllocator: not enough memory", "out of memory",
                                         "Cannot allocate memory"};

}  // namespace

bool is_memory_short(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const std::bad_alloc&) {
    return true;
  } catch (const c10::OutOfMemoryError&) {
    return true;
  } catch (const Error&) {
    return false;  // Our own errors may quote a client's text.
  } catch (const std::system_error& system) {
    return system.code() == std::errc::not_enough_memory;
  } catch (const std::exception& other) {
    const std::string_view text = other.what();
    for (const auto phrase : kPhrases) {
      if (text.find(phrase) != std::string_view::npos) return true;
    }
    return false;
  } catch (...) {
    return false;
  }
}

std::exception_ptr told(std::exception_ptr error) {
  if (!is_memory_short(error)) return error;
  return std::make_exception_ptr(http::HttpError(503, "the server is short of memory; try again later"));
}

}  // namespace focus::serve
