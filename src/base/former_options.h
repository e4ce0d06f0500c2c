// Options written by an older version.
#pragma once

#include <nlohmann/json.hpp>

#include "base/options.h"

namespace focus {

/// Converts what an older version's OptionTable::to_json wrote to the names and types of `table`: former
/// names are replaced, and false becomes "false" where the option now takes text. Other keys stay.
nlohmann::json as_of_today(const OptionTable& table, nlohmann::json saved);

}  // namespace focus
