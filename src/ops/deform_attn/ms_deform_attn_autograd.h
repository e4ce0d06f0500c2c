// The derivative of multi-scale deformable attention.
#pragma once

namespace focus::ops {

/// Does nothing. A static library gives a program only the files it names: naming this brings the
/// registration.
void register_ms_deform_attn_autograd();

}  // namespace focus::ops
