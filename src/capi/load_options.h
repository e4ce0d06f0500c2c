// A caller's load options, from any version of the header.
#pragma once

#include <focus_detr/focus_detr.h>

namespace focus::capi {

/// All fields, checked; defaults if `options` is NULL, and for fields after its end. Throws UsageError for a
/// struct_size that no version has, for fields of a later version that are set, and for values out of range.
focus_detr_load_options complete(const focus_detr_load_options* options);

}  // namespace focus::capi
