// Objects of C libraries, owned.
#pragma once

namespace focus {

/// Deletes by a function of the library: std::unique_ptr<T, Release<free_t>>.
template <auto release>
struct Release {
  template <typename T>
  void operator()(T* thing) const {
    release(thing);
  }
};

}  // namespace focus
