// A caller's load options, of whatever version of the header.
#pragma once

#include <focus_detr/focus_detr.h>

namespace focus::capi {

/// All fields, checked: the defaults where `options` is NULL or ends before a field. Throws UsageError for a
/// struct_size at which no version's struct ends, for fields of a later version that are set, and for values
/// out of range.
focus_detr_load_options complete(const focus_detr_load_options* options);

}  // namespace focus::capi
