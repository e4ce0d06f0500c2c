// An explanation as JSON, for other programs.
#pragma once

#include <nlohmann/json.hpp>

#include "explain/explanation.h"

namespace focus::explain {

/// {"width", "height", "levels": [{"height", "width", "first_token", "foreground": rows}],
///  "layers": [{"updated", "fine_grained", "share_of_tokens", "inside_detections"}],
///  "work": {"height", "width", "values": rows},
///  "detections": as to_json of detections, each with "sampled": [[x, y, weight, level]]}
nlohmann::json to_json(const Explanation& explanation, const std::vector<data::Category>& categories);

}  // namespace focus::explain
