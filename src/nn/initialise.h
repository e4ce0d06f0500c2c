// Initial weights: random, or uninitialised if a file will replace them.
#pragma once

#include <ATen/core/Tensor.h>

namespace focus::nn {

/// Normally distributed weights with mean zero.
at::Tensor normal_weights(at::IntArrayRef shape, double deviation);

/// Weights distributed uniformly from -bound to bound.
at::Tensor uniform_weights(at::IntArrayRef shape, double bound);

/// Xavier's uniform initialisation of a tensor of two or more dimensions, in place.
void xavier_uniform_(at::Tensor& weight);

/// While one exists, the functions above leave weights uninitialised in the thread that made it. Pages that
/// are not written take no physical memory, and drawing random numbers for weights that a file replaces would
/// take most of the time of loading it.
class WithoutInitialisation {
 public:
  WithoutInitialisation();
  ~WithoutInitialisation();
  WithoutInitialisation(const WithoutInitialisation&) = delete;
  WithoutInitialisation& operator=(const WithoutInitialisation&) = delete;

 private:
  bool outer_;
};

}  // namespace focus::nn
