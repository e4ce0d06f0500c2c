// Weights before training: random, or none where a file is about to bring them.
#pragma once

#include <ATen/core/Tensor.h>

namespace focus::nn {

/// Normally distributed weights of mean zero.
at::Tensor normal_weights(at::IntArrayRef shape, double deviation);

/// Weights distributed evenly from -bound to bound.
at::Tensor uniform_weights(at::IntArrayRef shape, double bound);

/// Glorot's uniform initialisation of a tensor of two or more dimensions, in place.
void xavier_uniform_(at::Tensor& weight);

/// While one lives, the functions above leave weights uninitialised in the thread that made it. Memory that
/// nobody writes takes no room, and random numbers for weights that a file replaces take most of the time of
/// loading it.
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
