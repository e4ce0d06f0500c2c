// The memory of large tensors.
#pragma once

namespace focus::nn {

/// From now on, CPU tensors of 64 KiB or more are allocated from an arena of their own (base/arena.h), which
/// images of changing sizes do not fragment, and smaller ones from LibTorch's allocator as before. Affects
/// the whole process: call it once, early in main. Does nothing under AddressSanitizer, which needs to see
/// every block.
void use_tensor_arena();

/// Returns free physical memory of the arena to the system, and that of the C library too.
void release_free_memory();

/// Fills free memory of the arena, if it is in use, with non-zero bytes (Arena::poison), for checks.
void poison_free_memory();

}  // namespace focus::nn
