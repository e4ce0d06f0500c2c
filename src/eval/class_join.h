// Which class of a model is which class of a data set: by name, since numbers are everyone's own.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "data/annotations.h"

namespace focus::eval {

struct ClassJoin {
  /// For each class of the model the data set's id of the class with its name; nothing without a partner, and
  /// for names that either side has twice, unless the ids agree as well.
  std::vector<std::optional<int64_t>> ids;
  std::vector<std::string> only_in_model, only_in_dataset;  ///< Names without a partner.

  bool matches() const;
  /// What has no partner and what follows from that, a line each; none if every class has one.
  std::vector<std::string> notes(const std::string& model, const std::string& dataset) const;
};

ClassJoin join_classes(const std::vector<data::Category>& model, const std::vector<data::Category>& dataset);

/// The same. Throws Error, naming both sides and their classes, if not one class has a partner: what would be
/// measured then is nothing.
ClassJoin require_joined(const std::vector<data::Category>& model, const std::vector<data::Category>& dataset,
                         const std::string& model_name, const std::string& dataset_name);

}  // namespace focus::eval
