// Where large tensors live.
#pragma once

namespace focus::nn {

/// From here on tensors of the CPU of 64 KiB and more come from an arena (base/arena.h) of their own, which
/// images of changing sizes do not fragment, and the rest from the C library as before. Call once, early in
/// main: it concerns the whole process. Does nothing under AddressSanitizer, which needs to see every block.
void use_tensor_arena();

/// Gives the physical memory that no tensor is in back to the system; free blocks of the C library's, too.
void release_free_memory();

/// Makes free memory of the arena, where it is in use, hold other bytes than zero (Arena::poison): for
/// checks.
void poison_free_memory();

}  // namespace focus::nn
