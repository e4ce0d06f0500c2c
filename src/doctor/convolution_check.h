// Whether the libraries' convolutions are correct on this machine.
#pragma once

#include <string>

namespace focus::doctor {

/// The largest errors of convolutions against their definition in float64, as a share of the largest value,
/// and the worst convolution ("3x3 of 60 to 91 channels, stride 1").
struct ConvolutionErrors {
  double trained = 0;    ///< Forward and both gradients, as training and unprepared models compute them.
  double prepared = 0;   ///< With weights packed for detection; 0 without oneDNN.
  double reference = 0;  ///< On the reference path, to which others are compared.
  double mixed = 0;      ///< As trained, in bfloat16; 0 if this CPU has none.
  std::string worst_trained, worst_prepared, worst_reference, worst_mixed;
};

/// Tries kernels, strides and numbers of channels that do and do not fill blocks of 8 and 16, for which
/// libraries have had errors. Meanwhile unwritten memory is filled with non-zero bytes, of the C library by
/// M_PERTURB, of the arena by Arena::poison: a sum over it is then wrong every time, not only sometimes.
ConvolutionErrors convolution_errors();

}  // namespace focus::doctor
