// For clang-tidy only: makes LibTorch 1.13 readable to clang 14 at C++20.
//
// libstdc++ 12 declares std::vector's members constexpr at C++20, so clang 14 instantiates them where they
// are named. LibTorch names std::vector<c10::IValue> before IValue is complete, which is an error only then.
// Hence std::vector is declared here as in C++17 and all the rest as in C++20. __fill_a1 is renamed while
// that happens because its declaration and its definition lie on both sides of the switch.
#pragma once

#include <bits/stl_uninitialized.h>

#include <string>

#if defined(_GLIBCXX20_CONSTEXPR) && defined(__clang__) && __clang_major__ < 16
#undef _GLIBCXX20_CONSTEXPR
#define _GLIBCXX20_CONSTEXPR
#define __fill_a1 __fill_a1_for_bits
#include <vector>
#undef __fill_a1
#undef _GLIBCXX20_CONSTEXPR
#define _GLIBCXX20_CONSTEXPR constexpr
#endif
