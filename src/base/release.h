// Ownership of the objects of C libraries.
#pragma once

namespace focus {

/// A deleter that calls a function of the library: std::unique_ptr<T, Release<free_t>>.
template <auto release>
struct Release {
  template <typename T>
  void operator()(T* thing) const {
    release(thing);
  }
};

}  // namespace focus
