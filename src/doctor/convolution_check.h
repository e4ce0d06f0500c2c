// Whether the libraries' convolutions are right on this machine.
#pragma once

#include <string>

namespace focus::doctor {

/// How far convolutions are at most from their definition in float64, as a share of the largest value, and
/// which was the worst ("3x3 of 60 to 91 channels, stride 1").
struct ConvolutionErrors {
  double trained = 0;    ///< Forwards and both gradients, as training and unprepared models compute them.
  double prepared = 0;   ///< With weights packed for detection; 0 where there is no oneDNN.
  double reference = 0;  ///< As the reference path does, which measures and proves.
  double mixed = 0;      ///< As trained, in bfloat16; 0 where this CPU has none.
  std::string worst_trained, worst_prepared, worst_reference, worst_mixed;
};

/// Tries kernels, strides and numbers of channels that fill blocks of 8 and 16 and that do not, where
/// libraries have been wrong. Memory that is not written is no zero meanwhile: of the C library by M_PERTURB,
/// of the arena by Arena::poison; a sum over it is then wrong every time, not once in a while.
ConvolutionErrors convolution_errors();

}  // namespace focus::doctor
