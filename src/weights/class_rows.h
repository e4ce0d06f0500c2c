// Class heads of one list of classes, fitted to another.
#pragma once

#include <string>
#include <vector>

#include "data/annotations.h"
#include "models/checkpoints/state_dict.h"

namespace focus::weights {

/// Gives the tensors with one row a class ("class_embed.*", "label_enc.weight") the rows of `to`: those of a
/// class with the same name in `from` are kept, all others are those of `fresh`, the model's own. If the
/// lists are the same, or `from` is empty and there are as many rows as `to` has, rows stay as they are; if
/// it is empty and there are not, all rows start anew. Surplus rows of a label embedding, which some programs
/// have one of, are cut off.
/// @return one line that says what was done, or "" if nothing was
std::string fit_class_rows(models::StateDict& tensors, const models::StateDict& fresh,
                           const std::vector<data::Category>& from, const std::vector<data::Category>& to);

}  // namespace focus::weights
