// Comparing secrets.
#pragma once

#include <cstddef>
#include <string_view>

namespace focus::rpc {

/// Takes as long for a wrong token as for a right one, wherever they differ.
inline bool same_token(std::string_view found, std::string_view expected) {
  unsigned difference = found.size() == expected.size() ? 0 : 1;
  for (size_t i = 0; i < expected.size(); ++i) {
    difference |=
        static_cast<unsigned char>(expected[i]) ^ static_cast<unsigned char>(i < found.size() ? found[i] : 0);
  }
  return difference == 0;
}

}  // namespace focus::rpc
