// Fits the class heads for one list of classes to another.
#pragma once

#include <string>
#include <vector>

#include "data/annotations.h"
#include "models/checkpoints/state_dict.h"

namespace focus::weights {

/// Gives the tensors with one row per class ("class_embed.*", "label_enc.weight") the rows of `to`: a class
/// with the same name in `from` keeps its row, all others take the row of `fresh`, the model's own tensors.
/// If the lists are the same, or `from` is empty and the number of rows fits `to`, rows do not change; if it
/// is empty and the number does not fit, all rows are those of `fresh`. Surplus rows of a label embedding,
/// which some programs have, are cut off.
/// @return one line that says what was done, or "" if nothing was
std::string fit_class_rows(models::StateDict& tensors, const models::StateDict& fresh,
                           const std::vector<data::Category>& from, const std::vector<data::Category>& to);

}  // namespace focus::weights
