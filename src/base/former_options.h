// Options that an older version wrote.
#pragma once

#include <nlohmann/json.hpp>

#include "base/options.h"

namespace focus {

/// What an older version's OptionTable::to_json wrote, with the names and types of `table`: an option's former name is
/// replaced, and false becomes "false" where the option takes text by now. What is no option stays.
nlohmann::json as_of_today(const OptionTable& table, nlohmann::json saved);

}  // namespace focus
