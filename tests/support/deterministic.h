// Weights and inputs that are pure functions of their names, so that golden numbers need no weight file.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace focus::test {

/// FNV-1a, 64 bits, of the bytes of the name.
uint64_t fnv1a64(std::string_view name);

/// The index-th word of the stream a name starts: SplitMix64 seeded by fnv1a64(name).
uint64_t word(std::string_view name, uint64_t index);

/// offset + scale * (2u - 1), float32, where u is uniform in [0, 1) by name and flat index; evaluated in
/// double and rounded once. The name is taken literally.
at::Tensor tensor(std::string_view name, at::IntArrayRef shape, double scale = 1.0, double offset = 0.0);

/// The name whose stream fills an entry of a detector's state dict: heads that are shared have several names.
std::string canonical_name(std::string_view name);

/// Value of the named parameter or buffer of a detector, float32: a range that suits its place (weights of a
/// convolution, of a normalisation, class biases ...) by the canonical name.
at::Tensor parameter(std::string_view name, at::IntArrayRef shape);

/// An image of noise: uint8 (3, height, width), RGB.
at::Tensor image(std::string_view name, int64_t height, int64_t width);

/// n uniform draws in [0, 1), float32.
at::Tensor rand(std::string_view name, int64_t n);

/// n uniform draws from low .. high - 1, int64.
at::Tensor randint(std::string_view name, int64_t low, int64_t high, int64_t n);

}  // namespace focus::test
