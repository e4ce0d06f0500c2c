// Which instruction set the vector kernels use, chosen when the program runs.
#pragma once

#include <string_view>
#include <vector>

namespace focus::ops {

namespace kernel {
struct Table;
}

enum class Isa { kScalar, kAvx2, kAvx512 };

/// "scalar", "avx2" or "avx512". Throws Error if this build has no kernels for it.
std::string_view name_of(Isa isa);

/// The instruction sets that this build has kernels for and this CPU supports, slowest first; never empty.
const std::vector<Isa>& supported_isas();

/// The instruction set with this name; an empty name means the fastest supported.
/// Throws UsageError, listing the supported ones, when the name is unknown or not supported.
Isa select_isa(std::string_view name);

/// The instruction set that the kernels use: select_isa($FOCUS_DETR_ISA), read once.
Isa active_isa();

/// The kernels (ops/cpu/kernel_table.h) of an instruction set. Call only those that supported_isas() has.
/// Throws Error if this build has no kernels for it.
const kernel::Table& kernels_of(Isa isa);

/// kernels_of(active_isa()), which every op calls.
const kernel::Table& active_kernels();

}  // namespace focus::ops
