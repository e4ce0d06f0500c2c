// A device beside the CPU for machines without one: it shows whether everything is where it has to be.
#pragma once

#include <c10/core/Device.h>

namespace focus::test {

/// A device of a type that LibTorch knows but has no kernels for. Its memory is the CPU's and so are
/// its kernels, but its tensors cannot be mixed with the CPU's, nor read by what works on the CPU's memory
/// only after asking: code that forgets to move something fails here as it would on a GPU.
c10::Device stand_in_device();

}  // namespace focus::test
