// Matches the classes of a model with those of a data set by name, since their numbers are unrelated.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "data/annotations.h"

namespace focus::eval {

struct ClassJoin {
  /// For each class of the model, the data set's id of the class with the same name; nothing if there is
  /// none, and for names that either side has twice, unless the ids agree as well.
  std::vector<std::optional<int64_t>> ids;
  std::vector<std::string> only_in_model, only_in_dataset;  ///< Names without a partner.

  bool matches() const;
  /// One line for each side that has classes without a partner, with the consequence; none if every class has
  /// one.
  std::vector<std::string> notes(const std::string& model, const std::string& dataset) const;
};

ClassJoin join_classes(const std::vector<data::Category>& model, const std::vector<data::Category>& dataset);

/// The same. Throws Error, naming both sides and their classes, if no class has a partner, as there would be
/// nothing to measure.
ClassJoin require_joined(const std::vector<data::Category>& model, const std::vector<data::Category>& dataset,
                         const std::string& model_name, const std::string& dataset_name);

}  // namespace focus::eval
